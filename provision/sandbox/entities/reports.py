"""What the reports of sign-ins tell of a credential: https://learn.microsoft.com/graph/api/resources/appcredentialsigninactivity."""

from __future__ import annotations

from provision.sandbox.entities.schema import Complex, EntityType, Prop

ACTIVITY = EntityType(
    kind="credentialActivity",
    name="appCredentialSignInActivity",
    resource="AppCredentialSignInActivity",
    collection="reports/appCredentialSignInActivities",
    directory_object=False,
    props=(
        Prop("id", read_only=True),
        Prop("appId"),
        Prop("appObjectId"),
        Prop("credentialOrigin"),
        Prop("expirationDate", "DateTimeOffset"),
        Prop("keyId"),
        Prop("keyType"),
        Prop("keyUsage"),
        Prop("resourceId"),
        Prop("servicePrincipalObjectId"),
        Prop(
            "signInActivity",
            Complex(
                "SignInActivity",
                (
                    Prop("lastSignInDateTime", "DateTimeOffset"),
                    Prop("lastSignInRequestId"),
                ),
            ),
        ),
    ),
)
