"""PRV8xx: signing in as the product does, and sending mail."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

_AADSTS = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
_RESOLVE = "https://learn.microsoft.com/graph/resolve-auth-errors"

SECRET_ID_PASTED = entry(
    "PRV800",
    "secret-id-pasted",
    Exit.FAILED,
    "the Secret Key is the Secret ID, not the Value",
    "Entra shows two columns for a secret; the one that looks like a GUID is no secret.",
    "Enter the Value. It is shown once, when the secret is made: if nobody kept it, run 'provision rotate'.",
    _AADSTS,
)
SECRET_REFUSED = entry(
    "PRV801",
    "secret-refused",
    Exit.FAILED,
    "Entra does not take the Secret Key",
    "It is mistyped, is of another application, was removed, or may not have reached every server yet.",
    "Compare its first three characters with the hint in Entra or in 'provision show'; wait a minute if it "
    "is new; otherwise enter the Value that was delivered last, or run 'provision rotate'.",
    _AADSTS,
)
SECRET_EXPIRED = entry(
    "PRV802",
    "secret-expired",
    Exit.FAILED,
    "the client secret has expired",
    "Mail that worked and then stopped is most often this.",
    "Run 'provision rotate', and enter the new Value in the product.",
    _AADSTS,
)
APPLICATION_UNKNOWN = entry(
    "PRV803",
    "application-unknown",
    Exit.FAILED,
    "the OAuth Client ID is not in this tenant",
    "It is mistyped, belongs to another tenant or cloud, was entered in the box of the Tenant ID, or the "
    "application is seconds old.",
    "Compare OAuth Client ID and Tenant ID with 'provision show'.",
    _AADSTS,
)
TENANT_UNKNOWN = entry(
    "PRV804",
    "tenant-unknown",
    Exit.FAILED,
    "the Tenant ID is not known in this cloud",
    "It is mistyped, or the tenant lives in another cloud: GCC High and DoD have hosts of their own.",
    "Compare Tenant ID with the Overview page of Microsoft Entra ID, and see that tenant.cloud is right.",
    _AADSTS,
)
IDS_SWAPPED = entry(
    "PRV805",
    "ids-swapped",
    Exit.FAILED,
    "OAuth Client ID and Tenant ID are in each other's box",
    "Both look alike; what was given as the client id is the tenant's.",
    "Enter them the other way round.",
)
SECRET_PADDED = entry(
    "PRV806",
    "secret-padded",
    Exit.FAILED,
    "the Secret Key has white space around it",
    "A space or a line's end was copied with it; without it the secret is taken.",
    "Enter it again without the space.",
)
APPLICATION_DISABLED = entry(
    "PRV807",
    "application-disabled",
    Exit.FAILED,
    "the application or its service principal is switched off",
    "Somebody disabled sign-in, or Microsoft disabled the application.",
    "Switch it on in the portal: Enterprise applications > Properties > Enabled for users to sign-in.",
    _AADSTS,
)
SIGN_IN_BLOCKED = entry(
    "PRV808",
    "sign-in-blocked",
    Exit.FAILED,
    "Conditional Access blocks the sign-in",
    "A policy for workload identities does not let this application in from here.",
    "Ask who runs Conditional Access to except this application, or its network location.",
    "https://learn.microsoft.com/entra/identity/conditional-access/workload-identity",
)
CONSENT_MISSING = entry(
    "PRV809",
    "consent-missing",
    Exit.CONSENT,
    "the application may do nothing with mail: admin consent is missing",
    "The token does not carry what the product needs, Mail.Send as a rule. To declare the permission is not "
    "to grant it, and a grant shows only in tokens that are made after it.",
    "A Privileged Role Administrator gives it: 'provision consent', or the link of 'provision show'.",
    _RESOLVE,
)
REDIRECT_DIFFERS = entry(
    "PRV810",
    "redirect-differs",
    Exit.FAILED,
    "the redirect URI is not one that is registered",
    "It is compared letter for letter: /connectors/SMTP.aspx, with its capitals, https, no slash behind it.",
    "Compare with 'provision show' and application.admin_url; 'provision apply' registers what is declared.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
SEND_REFUSED = entry(
    "PRV811",
    "send-refused",
    Exit.FAILED,
    "Exchange does not let the application send from this mailbox",
    "There is no application grant of Mail.Send, only a delegated one, or the mailbox is outside the scope "
    "that Exchange allows (RBAC for Applications, or an application access policy).",
    "See that consent is granted; with mail.scope: mailbox run what 'provision exchange' prints, which may "
    "take two hours to have effect.",
    "https://learn.microsoft.com/graph/auth-limit-mailbox-access",
)
NO_MAILBOX = entry(
    "PRV812",
    "no-mailbox",
    Exit.FAILED,
    "there is no Exchange Online mailbox behind the address",
    "The address is misspelt, the user is unlicensed, the mailbox is on-premises or soft-deleted, or the "
    "address is a list's.",
    "License the user, or choose a mailbox that is there; a shared one works.",
    _RESOLVE,
)
SEND_AS_DENIED = entry(
    "PRV813",
    "send-as-denied",
    Exit.FAILED,
    "the mailbox may not send in the name of another address",
    "The product sends from an address that is not the mailbox's own.",
    "Enter the mailbox's own address as Email Address, or give it Send As in Exchange.",
)
RECIPIENT_REFUSED = entry(
    "PRV814",
    "recipient-refused",
    Exit.FAILED,
    "the recipient's address is not one",
    "Exchange could not make an address of it.",
    "Correct the address behind --send-to.",
)
SENDING_LIMIT = entry(
    "PRV815",
    "sending-limit",
    Exit.FAILED,
    "the mailbox has sent as much as it may",
    "Exchange limits messages and recipients a day, and four requests at a time for one mailbox.",
    "Wait, and spread the mail; a test of one message is not the cause.",
    "https://learn.microsoft.com/graph/throttling-limits",
)
ACCESS_POLICY = entry(
    "PRV816",
    "access-policy",
    Exit.FAILED,
    "a legacy application access policy keeps the application out of this mailbox",
    "New-ApplicationAccessPolicy made it; Exchange calls it legacy, and answers before anything else.",
    "In Exchange Online PowerShell: Get-ApplicationAccessPolicy, and Test-ApplicationAccessPolicy for this "
    "mailbox; move to RBAC for Applications with mail.scope: mailbox.",
    "https://learn.microsoft.com/graph/auth-limit-mailbox-access",
)
WRONG_CLOUD = entry(
    "PRV817",
    "wrong-cloud",
    Exit.CONFIG,
    "the tenant lives in another cloud",
    "Its OpenID document names the Graph of another cloud than tenant.cloud.",
    "Set tenant.cloud to the cloud that the message names.",
    "https://learn.microsoft.com/graph/deployments",
)
NOT_PROVEN_YET = entry(
    "PRV818",
    "not-proven-yet",
    Exit.DONE,
    "nothing failed, but that mail flows was not proven",
    "Only a message that was accepted proves it, and none was sent.",
    "Run 'provision verify --send-to ADDRESS' with an address of your own.",
)
SMTP_AUTH = entry(
    "PRV819",
    "smtp-auth",
    Exit.FAILED,
    "SMTP AUTH is switched off in this tenant or for this mailbox",
    "The product signed in to the mailbox by SMTP with a password (535 5.7.139). Exchange Online has that "
    "switched off by default; Mail.Send of Microsoft Graph does not use it.",
    "Choose the product's mode for Microsoft 365 with OAuth, and enter what 'provision show' prints.",
    "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission",
)
NO_PRINCIPAL = entry(
    "PRV820",
    "no-principal",
    Exit.FAILED,
    "the application has no service principal in this tenant",
    "The registration alone cannot sign in: its service principal (Enterprise applications) was deleted, or "
    "never "
    "made.",
    "Run 'provision apply', which makes it and grants the consent anew; one that was deleted less than 30 "
    "days ago "
    "can be restored under Enterprise applications.",
    "https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals",
)
NOT_ASSIGNED = entry(
    "PRV821",
    "not-assigned",
    Exit.FAILED,
    "an application demands an assignment that is not there",
    "Assignment required is switched on (Enterprise applications > Properties) for what was signed in to.",
    "Have the identity assigned there, under Users and groups or to an app role, or the requirement switched "
    "off.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/assign-user-or-group-access-portal",
)
VALUES_REFUSED = entry(
    "PRV822",
    "values-refused",
    Exit.FAILED,
    "Entra refused the three values, for a reason that is in its own words",
    "It is about OAuth Client ID, Tenant ID and Secret Key, not about whoever runs this.",
    "Run 'provision explain' with the text, compare the values with 'provision show', and look for the "
    "sign-in in "
    "Entra > Monitoring > Sign-in logs > Service principal sign-ins; support asks for the trace id and the "
    "time.",
    _AADSTS,
)
OBJECT_ID_ENTERED = entry(
    "PRV823",
    "object-id-entered",
    Exit.FAILED,
    "the OAuth Client ID is an Object ID",
    "Entra shows an Object ID beside the Application (client) ID, and another one for the service principal.",
    "Enter the Application (client) ID.",
    "https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals",
)
SECRET_DRESSED = entry(
    "PRV824",
    "secret-dressed",
    Exit.FAILED,
    "the Secret Key has something around it that is not part of it",
    "A label, quotes, a comma, or a mark that cannot be seen was copied with it.",
    "Enter the Value alone.",
)
STILL_SIGNS_IN = finding(
    "PRV825",
    "still-signs-in",
    Exit.DONE,
    "something that was not made here signs in as this application",
    "Secrets, certificates and federated credentials of the application, and secrets and certificates of its "
    "service principal, each sign in as it. An emergency ends those that this tool made, and no other.",
    "If the leak may reach it, remove it by the command in the message; ask first who uses it.",
    "https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals",
    key="secret.description",
    address="client_secret",
)
READ_REFUSED = entry(
    "PRV826",
    "read-refused",
    Exit.FAILED,
    "Exchange does not let the application read this mailbox",
    "There is no application grant of the permission, only a delegated one, or the mailbox is outside the "
    "scope that Exchange allows (RBAC for Applications, or an application access policy).",
    "See that consent is granted; with mail.scope: mailbox run what 'provision exchange' prints, which may "
    "take two hours to have effect.",
    "https://learn.microsoft.com/graph/auth-limit-mailbox-access",
)
