"""What belongs to an application: ``federatedIdentityCredential`` and ``extensionProperty``.

https://learn.microsoft.com/graph/api/resources/federatedidentitycredential and
.../extensionproperty
"""

from __future__ import annotations

from provision.sandbox.entities.schema import EntityType, Prop

FEDERATED_CREDENTIAL = EntityType(
    kind="federatedIdentityCredential",
    name="federatedIdentityCredential",
    resource="FederatedIdentityCredential",
    collection="federatedIdentityCredentials",
    directory_object=False,
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("name"),
        Prop("issuer"),
        Prop("subject"),
        Prop("description"),
        Prop("audiences", many=True),
    ),
)

EXTENSION_PROPERTY = EntityType(
    kind="extensionProperty",
    name="extensionProperty",
    resource="ExtensionProperty",
    collection="extensionProperties",
    props=(
        Prop("id", "Guid", read_only=True),
        Prop("deletedDateTime", "DateTimeOffset", read_only=True),
        Prop("appDisplayName", read_only=True),
        Prop("dataType"),
        Prop("isMultiValued", "Boolean", default=False),
        Prop("isSyncedFromOnPremises", "Boolean", default=False),
        Prop("name"),
        Prop("targetObjects", many=True),
    ),
)
