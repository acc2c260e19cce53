"""PRV6xx: findings of plan and drift."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

LIFETIME_OVER_180_DAYS = entry(
    "PRV600",
    "lifetime-over-180-days",
    Exit.DONE,
    "the secret lives longer than CISA recommends",
    "CISA's baseline MS.AAD.5.6v1 recommends 180 days or less.",
    "Set secret.lifetime to 180d.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
)
LIFETIME_CAPPED = entry(
    "PRV601",
    "lifetime-capped",
    Exit.DONE,
    "policy allows a shorter life than the config asks for",
    "Entra compares a policy's lifetime with 'less than', so the end is set an hour before it.",
    "Nothing to do; set secret.lifetime lower to be free of this note.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
)
RENEW_BEFORE_CAPPED = entry(
    "PRV602",
    "renew-before-capped",
    Exit.DONE,
    "renewal begins later than the config asks for",
    "A renewal window longer than a third of the secret's life would renew it without end.",
    "Nothing to do; set secret.renew_before to a third of the lifetime or less to be free of this note.",
)
MAILBOX_NOT_CHECKED = entry(
    "PRV603",
    "mailbox-not-checked",
    Exit.DONE,
    "whether the mailbox is there could not be read",
    "This identity may not read users or mailboxes.",
    "Grant the right that the message names, or see for yourself that the mailbox is there.",
)
POLICY_NOT_CHECKED = entry(
    "PRV604",
    "policy-not-checked",
    Exit.DONE,
    "the app management policy could not be read",
    "This identity does not have Policy.Read.All; a policy may refuse the secret when it is made.",
    "Grant Policy.Read.All, or go on: a refusal is understood when it comes.",
)
NOT_CHECKED = entry(
    "PRV605",
    "not-checked",
    Exit.DONE,
    "something could not be read",
    "This identity does not have the right to read it.",
    "Grant the right that the message names.",
)
AWAITS_CONFIRMATION = entry(
    "PRV606",
    "awaits-confirmation",
    Exit.DONE,
    "a renewed secret waits to be entered",
    "Two delivered secrets are alive: the product may still use the older one.",
    "Enter the newest one in the product by the day that is named, then run 'provision rotate CONFIG "
    "--confirm'.",
)
SECRET_UNPROVEN = entry(
    "PRV607",
    "secret-unproven",
    Exit.DONE,
    "a secret carries our mark, but nothing records its delivery",
    "A run on another machine was interrupted, or somebody copied the name.",
    "If nobody uses it, remove it with 'provision rotate CONFIG --revoke KEYID'.",
)
TAKES_EFFECT_LATER = entry(
    "PRV608",
    "takes-effect-later",
    Exit.DONE,
    "a changed description takes effect with the next secret",
    "Graph does not let a secret be renamed.",
    "Nothing to do.",
)
PRINCIPAL_DISABLED = entry(
    "PRV609",
    "principal-disabled",
    Exit.DONE,
    "sign-in is switched off for the service principal: no token will be issued",
    "Somebody set 'Enabled for users to sign-in' to No on the enterprise application.",
    "Switch it on in the portal (Enterprise applications > Properties).",
)
SCOPE_UNKNOWN = entry(
    "PRV610",
    "scope-unknown",
    Exit.DONE,
    "whether Exchange lets the application send from the mailbox cannot be read here",
    "With mail.scope: mailbox the grant is Exchange's role assignment, which Graph does not show.",
    "An Exchange administrator runs what 'provision exchange' prints; 'provision verify' settles it.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)
CONSENT_PENDING = entry(
    "PRV611",
    "consent-pending",
    Exit.CONSENT,
    "an administrator's consent is still to be given",
    "A Microsoft Graph application permission can be granted only by a Privileged Role Administrator.",
    "Send the consent link to such an administrator, then run again.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    allowable=True,
)
CONSENT_REVOKED = entry(
    "PRV612",
    "consent-revoked",
    Exit.DONE,
    "Mail.Send was granted once, and is not any more",
    "A run on this machine saw the consent. Somebody removed the grant since, or consented again with the "
    "permission left out; mail has stopped, or stops within about an hour, when the last token ends.",
    "Ask why before granting it again: the audit log shows who ('Remove app role assignment').",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
)
CONSENT_PARTIAL = entry(
    "PRV613",
    "consent-partial",
    Exit.DONE,
    "other permissions of the application are granted, Mail.Send is not",
    "Consent was given before Mail.Send was declared, or one grant was made by hand.",
    "Run 'provision consent' or 'provision apply', which add only Mail.Send. The page behind the link grants "
    "what the registration declares, and may take away what it does not.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
)
CONSENT_DELEGATED_ONLY = entry(
    "PRV614",
    "consent-delegated-only",
    Exit.DONE,
    "Mail.Send is granted as a delegated permission, which the product cannot use",
    "The delegated permission of that name was chosen, not the application permission. It sends on behalf "
    "of who is signed in, and nobody is when the product sends.",
    "Have the application permission granted; then remove the delegated one if nobody uses it.",
    "https://learn.microsoft.com/graph/auth/auth-concepts",
)
LIVES_AS_LONG = entry(
    "PRV615",
    "lives-as-long",
    Exit.DONE,
    "the new secret lives as long as the one that it replaces, which is longer than the config asks for",
    "secret.lifetime became shorter. A new secret that ends before the one it replaces would be lost by "
    "whoever entered it in time, while the old one would still work.",
    "Nothing to do: the one after it has the new lifetime. To have the shorter life now, pass --allow "
    "shorter-life, and enter the new one at once.",
)
CONFIRMATION_OVERDUE = entry(
    "PRV616",
    "confirmation-overdue",
    Exit.ATTENTION,
    "a rotation was never confirmed, and the renewal of its secret has come",
    "Nobody ran 'rotate --confirm', so nothing says which secret the product uses. Renewal goes on "
    "nevertheless; any of those that are alive may be the one that is entered.",
    "Enter the newest secret in the product by the day that is named, then run 'provision rotate CONFIG "
    "--confirm'.",
)
EMERGENCY_UNFINISHED = entry(
    "PRV617",
    "emergency-unfinished",
    Exit.ATTENTION,
    "a secret that leaked, or may have, still signs in",
    "'provision rotate --emergency' was interrupted, a removal failed, or nothing told whether the secret "
    "is ours. The application's tags and the journal remember it.",
    "Run 'provision apply CONFIG': it finishes what was begun, on any machine. Enter the newest secret.",
)
SECRET_REMOVED = entry(
    "PRV618",
    "secret-removed",
    Exit.ATTENTION,
    "a secret that was delivered was removed by somebody else",
    "Somebody removed it in the portal, or by another tool. It may be the one that is entered; a value that "
    "was delivered before it is nowhere any more.",
    "Run 'provision apply CONFIG', enter the newest secret in the product at once, then run 'provision "
    "rotate CONFIG --confirm', which drops the record of the one that is gone.",
)

# What ``drift`` finds beside the changes that are due. ``error`` is what gives somebody a way to act as the
# application, gives it more than it needs, or stops the mail; ``warning`` any other thing undeclared.

DIFFERS = entry(
    "PRV620",
    "differs-from-config",
    Exit.ATTENTION,
    "something declared is otherwise in the tenant",
    "Somebody changed it, or the config was changed and not applied.",
    "Run 'provision apply' to make it as declared, or change the config.",
)
APPLICATION_MISSING = entry(
    "PRV621",
    "application-missing",
    Exit.ATTENTION,
    "the application is not there",
    "It was never applied, or somebody removed it and purged it.",
    "Run 'provision apply' to make it.",
)
PRINCIPAL_MISSING = entry(
    "PRV622",
    "principal-missing",
    Exit.ATTENTION,
    "the application has no service principal: no token will be issued",
    "Somebody removed the enterprise application, and its grants with it.",
    "Run 'provision apply' to make it, and the grant, again.",
)
MAIL_NOT_GRANTED = entry(
    "PRV623",
    "mail-not-granted",
    Exit.ATTENTION,
    "Mail.Send is not granted: no mail will be sent",
    "An administrator took the consent back, or none ever gave it.",
    "Run 'provision apply' or send the consent link; if it was there before, find out who revoked it.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
)
SECRET_DUE = entry(
    "PRV624",
    "secret-due",
    Exit.ATTENTION,
    "a client secret is to be made",
    "The delivered one was removed, has ended, or is due for renewal.",
    "Run 'provision apply'.",
)
UNDECLARED_SECRET = entry(
    "PRV625",
    "undeclared-secret",
    Exit.ATTENTION,
    "there is a client secret that was not made here",
    "Whoever has its value can send mail as anybody whom the application may send as.",
    "Find out who uses it, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/passwordcredential",
)
UNDECLARED_CERTIFICATE = entry(
    "PRV626",
    "undeclared-certificate",
    Exit.ATTENTION,
    "there is a certificate, and none is declared",
    "Whoever has its private key can sign in as the application.",
    "Find out whose it is, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/keycredential",
)
UNDECLARED_FEDERATED_CREDENTIAL = entry(
    "PRV627",
    "undeclared-federated-credential",
    Exit.ATTENTION,
    "there is a federated credential, and none is declared",
    "Whoever gets a token from its issuer for its subject can sign in as the application, without a secret.",
    "Find out what signs in with it, and remove it in the portal (Certificates & secrets > Federated "
    "credentials); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/federatedidentitycredential",
)
UNDECLARED_REDIRECT_URI = entry(
    "PRV628",
    "undeclared-redirect-uri",
    Exit.ATTENTION,
    "there is a redirect URI that is not declared",
    "Entra sends whoever signs in, and the code or token with them, to any of these addresses.",
    "Remove it in the portal (Authentication), declare it in application.redirect_uris, or ignore it with a "
    "reason.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
UNDECLARED_PERMISSION = entry(
    "PRV629",
    "undeclared-permission",
    Exit.ATTENTION,
    "the application asks for a permission that is not declared",
    "The next administrator who presses 'Grant admin consent' grants it.",
    "Remove it in the portal (API permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/requiredresourceaccess",
)
UNDECLARED_GRANT = entry(
    "PRV630",
    "undeclared-grant",
    Exit.ATTENTION,
    "the application was granted a permission that is not declared",
    "It may do more than send mail, whether or not it asks for it.",
    "Revoke it in the portal (Enterprise applications > Permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
)
UNDECLARED_OWNER = entry(
    "PRV631",
    "undeclared-owner",
    Exit.ATTENTION,
    "there is an owner that is not declared",
    "An owner may add a secret, and so sign in as the application.",
    "Remove the owner in the portal (Owners), declare it in application.owners, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/application-list-owners",
)
IMPLICIT_GRANT = entry(
    "PRV632",
    "implicit-grant",
    Exit.ATTENTION,
    "tokens are issued in the address of a page (implicit grant)",
    "Somebody switched it on; sending mail needs none of it.",
    "Switch it off in the portal (Authentication > Implicit grant and hybrid flows).",
    "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-implicit-grant-flow",
)
PUBLIC_CLIENT = entry(
    "PRV633",
    "public-client",
    Exit.ATTENTION,
    "sign-in without a secret is allowed (public client flows)",
    "Somebody switched it on; device codes and passwords of users are then taken without a secret.",
    "Switch it off in the portal (Authentication > Allow public client flows).",
    "https://learn.microsoft.com/graph/api/resources/application",
)
UNDECLARED_SETTING = entry(
    "PRV634",
    "undeclared-setting",
    Exit.ATTENTION,
    "a setting is not as this tool leaves it",
    "Somebody set an address, or made the application an API for others; sending mail needs none of it.",
    "Take it out in the portal, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/application",
)
REGISTRATION_DISABLED = entry(
    "PRV635",
    "registration-disabled",
    Exit.ATTENTION,
    "the application is deactivated: no token will be issued",
    "Somebody, or Microsoft, deactivated the registration.",
    "Find out why before you activate it in the portal (App registrations > Overview).",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration",
)
ASSIGNMENT_REQUIRED = entry(
    "PRV636",
    "assignment-required",
    Exit.ATTENTION,
    "users must be assigned to the application to sign in",
    "Somebody set 'Assignment required' to Yes on the enterprise application.",
    "Set it to No in the portal (Enterprise applications > Properties), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/serviceprincipal",
)
STALE_RECORD = entry(
    "PRV637",
    "stale-record",
    Exit.ATTENTION,
    "a record of a delivery names a secret that is not there",
    "Somebody removed the secret, or put the tag there: a secret made with that key id would be trusted.",
    "Run 'provision apply CONFIG', which makes a new secret if the newest is gone. If the product uses the "
    "one that is gone, enter the newest now. Then run 'provision rotate CONFIG --confirm', which drops the "
    "record.",
)
UNUSED_IGNORE = entry(
    "PRV638",
    "unused-ignore",
    Exit.DONE,
    "an entry of drift.ignore matches nothing",
    "What it names is gone, is another value now, or could not be read.",
    "Remove it from the config, so that it does not hide what comes next.",
)

# Built-in rules, which plan and drift show.

AUDIENCE_WIDE = entry(
    "PRV640",
    "audience-wide",
    Exit.DONE,
    "accounts of other tenants may sign in to the application",
    "Microsoft advises a single tenant for an application that you register for a product of your own; "
    "CISA's ScubaGear counts several tenants as a risk.",
    "Set application.sign_in_audience to AzureADMyOrg.",
    "https://learn.microsoft.com/entra/identity-platform/single-and-multi-tenant-apps",
)
REDIRECT_URI_INSECURE = entry(
    "PRV641",
    "redirect-uri-insecure",
    Exit.DONE,
    "a redirect URI is plain http, or leads to the user's own machine",
    "Microsoft advises against http and localhost in production: another program there can take the code.",
    "Remove it once it is not needed for development.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
REDIRECT_URI_ELSEWHERE = entry(
    "PRV642",
    "redirect-uri-elsewhere",
    Exit.DONE,
    "a redirect URI leads to another host than the product's",
    "Who runs that host, or takes over its name, gets what Entra sends there.",
    "See that the host is yours, and remove the URI when nothing uses it.",
    "https://learn.microsoft.com/entra/identity-platform/security-best-practices-for-app-registration",
)
MAIL_FOR_EVERYONE = entry(
    "PRV643",
    "mail-for-everyone",
    Exit.DONE,
    "Mail.Send lets the application send as every mailbox of the organization",
    "CISA's ScubaGear lists this permission among the risky ones.",
    "Limit it to the one mailbox with Exchange's RBAC for Applications: mail.scope: mailbox.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/schemas/RiskyAppPermissions.json",
)
ASKS_FOR_EVERYONE = entry(
    "PRV644",
    "asks-for-everyone",
    Exit.DONE,
    "the application still asks for Mail.Send, and the portal's button would grant it for all mailboxes",
    "mail.scope is mailbox, but requiredResourceAccess holds Mail.Send from before. apply removes nothing "
    "that this config does not declare.",
    "Remove it in the portal: App registrations > API permissions > Mail.Send > Remove permission.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)
MADE_FOR_ANOTHER = entry(
    "PRV645",
    "made-for-another-config",
    Exit.DONE,
    "client_id names a registration that provision made for another config",
    "Its uniqueName, which cannot be changed, is the other config's name. A config that was copied with its "
    "client_id does so. Two configs for one registration undo each other's changes, and each puts its own "
    "secret on it.",
    "Take client_id out of this config, or stop using the other one.",
    "https://learn.microsoft.com/graph/api/resources/application",
)
SINK_ELSEWHERE = entry(
    "PRV646",
    "sink-elsewhere",
    Exit.DONE,
    "the secret goes to a tenant, or is delivered as an identity, of the sink's own",
    "The sink names its own tenant or client_id, and PROVISION_SINK_TENANTS or --deliver names it, too.",
    "See that it is the tenant and the identity that are meant.",
)
EXAMPLE_VALUE = entry(
    "PRV647",
    "example-value",
    Exit.DONE,
    "the config holds an example value, which is nobody's",
    "It was copied from an example. Names that end in .example, .test or .invalid, and those of example.com, "
    "are reserved: nobody can have them.",
    "Write your own, or rehearse with --sandbox.",
    "https://www.rfc-editor.org/rfc/rfc2606",
)
