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
    "The product's redirect URI is its admin address and /connectors/SMTP.aspx, under the platform Web; the "
    "path counts with its case.",
    "See that it is the right registration. To take it all the same: 'provision init', then set "
    "application.client_id in the config that it writes.",
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
