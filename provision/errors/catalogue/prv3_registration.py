"""PRV3xx: refused because of the registration as it is, which a change would break."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

AUDIENCE_NARROWED = finding(
    "PRV350",
    "audience-narrowed",
    Exit.REFUSED,
    "accounts that may sign in to the application now could not any more",
    "The registration is open to more accounts than application.sign_in_audience says, whose default is this "
    "tenant's alone.",
    "Set application.sign_in_audience to what the registration has, or pass --allow audience-narrowed.",
    "https://learn.microsoft.com/entra/identity-platform/howto-modify-supported-accounts",
    allowable=True,
    key="application.sign_in_audience",
    address="application.signInAudience",
)
TAGS_LOST = finding(
    "PRV351",
    "tags-lost",
    Exit.REFUSED,
    "the application has lost the tags that this tool keeps its records in",
    "Its uniqueName and the marks of its secrets show that it was made here; another tool, or a person, "
    "wrote its tags anew without them.",
    "Find out what writes its tags; then pass --allow tags-lost, which puts the tag back. Deliveries that "
    "the tags alone recorded are not known any more: 'provision plan' names them.",
    "https://learn.microsoft.com/graph/api/resources/application",
    allowable=True,
    key="name",
    address="application.tags",
)
REDIRECT_URI_ON_OTHER_PLATFORM = finding(
    "PRV352",
    "redirect-uri-on-other-platform",
    Exit.REFUSED,
    "a redirect URI stands under another platform already",
    "An address belongs to one platform of a registration; Entra refuses it under a second one. The product "
    "needs it under Web.",
    "Remove it there in the portal (App registrations > Authentication), then run again.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
    key="application.redirect_uris",
    address="application.redirectUris",
)
REDIRECT_URI_LIMIT = finding(
    "PRV353",
    "redirect-uri-limit",
    Exit.REFUSED,
    "the registration would have more redirect URIs than it may",
    "Those of all platforms count together: 256, or 100 with personal accounts as its audience.",
    "Remove some that nobody uses in the portal (App registrations > Authentication).",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
    key="application.redirect_uris",
    address="application.redirectUris",
)
SERVICE_REFERENCE = entry(
    "PRV354",
    "service-reference",
    Exit.REFUSED,
    "this tenant wants a service reference on each registration",
    "A policy of the tenant demands serviceManagementReference, an id of its own service catalogue.",
    "Ask who runs Entra for the id, and set application.service_management_reference to it.",
    "https://learn.microsoft.com/graph/api/resources/application",
)
ADOPT_NOT_FOUND = finding(
    "PRV360",
    "adopt-not-found",
    Exit.REFUSED,
    "the application has no secret with the key id of secret.adopt",
    "It belongs to another application, was mistyped, or was removed before provision made one.",
    "Compare it with the Secret ID in the portal (Certificates & secrets). If that secret is gone, remove "
    "the line: then 'provision apply' makes a new one.",
    "https://learn.microsoft.com/graph/api/resources/passwordcredential",
    key="secret.adopt",
    address="client_secret",
)
ADOPT_TOO_LATE = finding(
    "PRV361",
    "adopt-too-late",
    Exit.REFUSED,
    "a secret that was delivered is alive, so another one cannot be adopted",
    "secret.adopt was added or changed after provision delivered a secret. Two would count as the one that "
    "is entered.",
    "Remove the line, or write the key id that stood there before.",
    key="secret.adopt",
    address="client_secret",
)
IMPORT_NO_REDIRECT = entry(
    "PRV362",
    "import-no-redirect",
    Exit.REFUSED,
    "the registration has no redirect URI of the product's",
    "The product's redirect URI is its admin address and a path of the product's, such as "
    "/connectors/SMTP.aspx, under the platform Web; the path counts with its case.",
    "See that it is the right registration, and the right --product. To take it all the same: 'provision "
    "init', then set application.client_id in the config that it writes.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
IMPORT_DIFFERS = entry(
    "PRV363",
    "import-differs",
    Exit.REFUSED,
    "no config would leave the registration as it is",
    "Something is missing without which the product cannot send, or a value is one that a config cannot "
    "hold.",
    "Change in the portal what the message names, then import again; or write the config with "
    "'provision init', set application.client_id in it, and see with 'provision plan' what would change.",
)
DESTROY = entry(
    "PRV380",
    "destroy",
    Exit.REFUSED,
    "a registration is not destroyed without a person's word",
    "On a terminal the name is typed; elsewhere --yes alone is not enough.",
    "Pass --yes --allow destroy, once the plan was read: 'provision destroy --dry-run' shows it.",
    allowable=True,
)
DESTROY_SHARED = finding(
    "PRV381",
    "destroy-shared",
    Exit.REFUSED,
    "something on the registration was declared by nobody, and would end with it",
    "A secret, certificate, federated credential or permission that is not this config's is somebody else's.",
    "Find out who uses it; then pass --allow destroy-shared.",
    "https://learn.microsoft.com/graph/api/application-delete",
    allowable=True,
    key="application",
    address="application",
)
DESTROY_ADOPTED = finding(
    "PRV382",
    "destroy-adopted",
    Exit.REFUSED,
    "the registration was made by somebody else, and adopted",
    "application.client_id names it; what else relies on it nobody here can know.",
    "Ask who made it; then pass --allow destroy-adopted.",
    allowable=True,
    key="application.client_id",
    address="application",
)
PURGE = entry(
    "PRV383",
    "purge",
    Exit.REFUSED,
    "what is removed for good cannot be brought back",
    "Entra removes a deleted registration by itself after 30 days; --purge does it now, and frees its name.",
    "Pass --allow purge, if nobody needs the way back.",
    "https://learn.microsoft.com/graph/api/directory-deleteditems-delete",
    allowable=True,
)
STILL_LIVE = entry(
    "PRV384",
    "still-live",
    Exit.REFUSED,
    "--purge removes what is deleted, and this registration is there",
    "It is deleted first, so that there is a way back until --purge is asked for.",
    "Run 'provision destroy' first.",
)
SEVERAL_DELETED = entry(
    "PRV385",
    "several-deleted",
    Exit.REFUSED,
    "several deleted registrations could be meant",
    "A name, or an id, names more than one among the deleted.",
    "Choose one: --client-id ID.",
)
NOTHING_DELETED = entry(
    "PRV386",
    "nothing-deleted",
    Exit.FAILED,
    "there is nothing to restore",
    "It was never there, is in another tenant, or was deleted more than 30 days ago.",
    "Compare name, tenant.id and application.client_id; 'provision apply' makes a new one.",
    "https://learn.microsoft.com/graph/api/directory-deleteditems-list",
)
NOT_RESTORED = entry(
    "PRV387",
    "not-restored",
    Exit.FAILED,
    "Entra does not show what was restored",
    "It was removed for good meanwhile, or Entra is late.",
    "Run 'provision restore' again in some minutes.",
    "https://learn.microsoft.com/graph/api/directory-deleteditems-restore",
)
