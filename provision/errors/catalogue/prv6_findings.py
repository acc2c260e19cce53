"""PRV6xx: findings of a plan, which ``drift`` tells, too."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

LIFETIME_OVER_180_DAYS = finding(
    "PRV600",
    "lifetime-over-180-days",
    Exit.DONE,
    "the secret lives longer than CISA recommends",
    "CISA's baseline MS.AAD.5.6v1 recommends 180 days or less.",
    "Set secret.lifetime to 180d.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
    key="secret.lifetime",
    address="client_secret",
)
LIFETIME_CAPPED = finding(
    "PRV601",
    "lifetime-capped",
    Exit.DONE,
    "policy allows a shorter life than the config asks for",
    "Entra compares a policy's lifetime with 'less than', so the end is set an hour before it.",
    "Nothing to do; set secret.lifetime lower to be free of this note.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
    key="secret.lifetime",
    address="client_secret",
)
LIFETIME_OVER_POLICY = finding(
    "PRV619",
    "lifetime-over-policy",
    Exit.DONE,
    "policy allows a shorter life than the config asks for, except to some callers",
    "The restriction exempts who carries a custom security attribute; whether this one does was not read.",
    "--allow lifetime-over-policy asks Entra for the whole lifetime; if it refuses, for the policy's.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicyactorexemptions",
    allowable=True,
    key="secret.lifetime",
    address="client_secret",
)
RENEW_BEFORE_CAPPED = finding(
    "PRV602",
    "renew-before-capped",
    Exit.DONE,
    "renewal begins later than the config asks for",
    "A renewal window longer than a third of the secret's life would renew it without end.",
    "Nothing to do; set secret.renew_before to a third of the lifetime or less to be free of this note.",
    key="secret.renew_before",
    address="client_secret",
)
MAILBOX_NOT_CHECKED = finding(
    "PRV603",
    "mailbox-not-checked",
    Exit.DONE,
    "whether the mailbox is there could not be read",
    "This identity may not read users or mailboxes.",
    "Grant the right that the message names, or see for yourself that the mailbox is there.",
    key="mail.address",
    address="mailbox",
)
POLICY_NOT_CHECKED = finding(
    "PRV604",
    "policy-not-checked",
    Exit.DONE,
    "the app management policy could not be read",
    "This identity does not have Policy.Read.All; a policy may refuse the secret when it is made.",
    "Grant Policy.Read.All, or go on: a refusal is understood when it comes.",
    key="secret",
    address="client_secret",
)
NOT_CHECKED = finding(
    "PRV605",
    "not-checked",
    Exit.DONE,
    "something could not be read",
    "This identity does not have the right to read it.",
    "Grant the right that the message names.",
    key="name",
    address="application",
)
AWAITS_CONFIRMATION = finding(
    "PRV606",
    "awaits-confirmation",
    Exit.DONE,
    "a renewed secret waits to be entered",
    "Two delivered secrets are alive: the product may still use the older one.",
    "Enter the newest one in the product by the day that is named, then run 'provision rotate CONFIG "
    "--confirm'.",
    key="secret",
    address="client_secret",
)
SECRET_UNPROVEN = finding(
    "PRV607",
    "secret-unproven",
    Exit.DONE,
    "a secret carries our mark, but nothing records its delivery",
    "A run on another machine was interrupted, or somebody copied the name.",
    "If nobody uses it, remove it with 'provision rotate CONFIG --revoke KEYID'.",
    key="secret",
    address="client_secret",
)
TAKES_EFFECT_LATER = finding(
    "PRV608",
    "takes-effect-later",
    Exit.DONE,
    "a changed description takes effect with the next secret",
    "Graph does not let a secret be renamed.",
    "Nothing to do.",
    key="secret.lifetime",
    address="client_secret",
)
PRINCIPAL_DISABLED = finding(
    "PRV609",
    "principal-disabled",
    Exit.DONE,
    "sign-in is switched off for the service principal: no token will be issued",
    "Somebody set 'Enabled for users to sign-in' to No on the enterprise application.",
    "Switch it on in the portal (Enterprise applications > Properties).",
    key="name",
    address="service_principal.accountEnabled",
)
SCOPE_UNKNOWN = finding(
    "PRV610",
    "scope-unknown",
    Exit.DONE,
    "how far Exchange lets the application send is not known here",
    "With mail.scope: mailbox the grant is Exchange's role assignment. Graph shows it in beta, to who may "
    "read it; of a management scope Graph shows the filter, and not which mailboxes pass it.",
    "Grant RoleManagement.Read.Exchange, or see it by a test mail: 'provision verify --send-to ADDRESS'.",
    "https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments",
    key="mail.scope",
    address="mailbox_scope",
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
CONSENT_REVOKED = finding(
    "PRV612",
    "consent-revoked",
    Exit.DONE,
    "what the product needs was granted once, and is not any more",
    "A run on this machine saw the consent. Somebody removed the grant since, or consented again with the "
    "permission left out; mail has stopped, or stops within about an hour, when the last token ends.",
    "Ask why before granting it again: the audit log shows who ('Remove app role assignment').",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
    key="consent",
    address="consent",
)
CONSENT_PARTIAL = finding(
    "PRV613",
    "consent-partial",
    Exit.DONE,
    "other permissions of the application are granted, not the one that it needs",
    "Consent was given before the permission was declared, or one grant was made by hand.",
    "Run 'provision consent' or 'provision apply', which add only that one. The page behind the link grants "
    "what the registration declares, and may take away what it does not.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    key="consent",
    address="consent",
)
CONSENT_DELEGATED_ONLY = finding(
    "PRV614",
    "consent-delegated-only",
    Exit.DONE,
    "what the product needs is granted as a delegated permission, which it cannot use",
    "The delegated permission of that name was chosen, not the application permission. It acts on behalf "
    "of who is signed in, and nobody is when the product works.",
    "Have the application permission granted; then remove the delegated one if nobody uses it.",
    "https://learn.microsoft.com/graph/auth/auth-concepts",
    key="consent",
    address="consent",
)
LIVES_AS_LONG = finding(
    "PRV615",
    "lives-as-long",
    Exit.DONE,
    "the new secret lives as long as the one that it replaces, which is longer than the config asks for",
    "secret.lifetime became shorter. A new secret that ends before the one it replaces would be lost by "
    "whoever entered it in time, while the old one would still work.",
    "Nothing to do: the one after it has the new lifetime. To have the shorter life now, pass --allow "
    "shorter-life, and enter the new one at once.",
    key="secret.lifetime",
    address="client_secret",
)
CONFIRMATION_OVERDUE = finding(
    "PRV616",
    "confirmation-overdue",
    Exit.ATTENTION,
    "a rotation was never confirmed, and the renewal of its secret has come",
    "Nobody ran 'rotate --confirm', so nothing says which secret the product uses. Renewal goes on "
    "nevertheless; any of those that are alive may be the one that is entered.",
    "Enter the newest secret in the product by the day that is named, then run 'provision rotate CONFIG "
    "--confirm'.",
    key="secret",
    address="client_secret",
)
EMERGENCY_UNFINISHED = finding(
    "PRV617",
    "emergency-unfinished",
    Exit.ATTENTION,
    "a secret that leaked, or may have, still signs in",
    "'provision rotate --emergency' was interrupted, a removal failed, or nothing told whether the secret "
    "is ours. The application's tags and the journal remember it.",
    "Run 'provision apply CONFIG': it finishes what was begun, on any machine. Enter the newest secret.",
    key="secret",
    address="client_secret",
)
EMERGENCY_UNDER_WAY = finding(
    "PRV648",
    "emergency-under-way",
    Exit.DONE,
    "another run declared an emergency meanwhile",
    "'provision rotate --emergency' was run at the same time as this. It removes what leaked, or may have, "
    "or says what is to be done. If it is interrupted, every later run tells, and 'apply' finishes it.",
    "Enter the newest secret; 'provision show CONFIG' names it.",
    key="secret",
    address="client_secret",
)
SECRET_REMOVED = finding(
    "PRV618",
    "secret-removed",
    Exit.ATTENTION,
    "a secret that was delivered was removed by somebody else",
    "Somebody removed it in the portal, or by another tool. It may be the one that is entered; a value that "
    "was delivered before it is nowhere any more.",
    "Run 'provision apply CONFIG', enter the newest secret in the product at once, then run 'provision "
    "rotate CONFIG --confirm', which drops the record of the one that is gone.",
    key="secret",
    address="client_secret",
)

# Built-in rules, which plan and drift show.

AUDIENCE_WIDE = finding(
    "PRV640",
    "audience-wide",
    Exit.DONE,
    "accounts of other tenants may sign in to the application",
    "Microsoft advises a single tenant for an application that you register for a product of your own; "
    "CISA's ScubaGear counts several tenants as a risk.",
    "Set application.sign_in_audience to AzureADMyOrg.",
    "https://learn.microsoft.com/entra/identity-platform/single-and-multi-tenant-apps",
    key="application.sign_in_audience",
    address="application.signInAudience",
)
REDIRECT_URI_INSECURE = finding(
    "PRV641",
    "redirect-uri-insecure",
    Exit.DONE,
    "a redirect URI is plain http, or leads to the user's own machine",
    "Microsoft advises against http and localhost in production: another program there can take the code.",
    "Remove it once it is not needed for development.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
    key="application.redirect_uris",
    address="application.redirectUris",
)
REDIRECT_URI_ELSEWHERE = finding(
    "PRV642",
    "redirect-uri-elsewhere",
    Exit.DONE,
    "a redirect URI leads to another host than the product's",
    "Who runs that host, or takes over its name, gets what Entra sends there.",
    "See that the host is yours, and remove the URI when nothing uses it.",
    "https://learn.microsoft.com/entra/identity-platform/security-best-practices-for-app-registration",
    key="application.redirect_uris",
    address="application.redirectUris",
)
MAIL_FOR_EVERYONE = finding(
    "PRV643",
    "mail-for-everyone",
    Exit.DONE,
    "the permission reaches every mailbox of the organization",
    "CISA's ScubaGear lists this permission among the risky ones.",
    "Limit it to the one mailbox with Exchange's RBAC for Applications: mail.scope: mailbox.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/schemas/RiskyAppPermissions.json",
    key="mail.scope",
    address="consent",
)
ASKS_FOR_EVERYONE = finding(
    "PRV644",
    "asks-for-everyone",
    Exit.DONE,
    "the application still asks for the permission, and the portal's button would grant it for all",
    "mail.scope is mailbox, but requiredResourceAccess holds the permission from before. apply removes "
    "nothing that this config does not declare.",
    "Remove it in the portal: App registrations > API permissions > the permission > Remove.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
    key="mail.scope",
    address="application.requiredResourceAccess",
)
MADE_FOR_ANOTHER = finding(
    "PRV645",
    "made-for-another-config",
    Exit.DONE,
    "client_id names a registration that provision made for another config",
    "Its uniqueName, which cannot be changed, is the other config's name. A config that was copied with its "
    "client_id does so. Two configs for one registration undo each other's changes, and each puts its own "
    "secret on it.",
    "Take client_id out of this config, or stop using the other one.",
    "https://learn.microsoft.com/graph/api/resources/application",
    key="name",
    address="application.uniqueName",
)
SINK_ELSEWHERE = finding(
    "PRV646",
    "sink-elsewhere",
    Exit.DONE,
    "the secret goes to a tenant, or is delivered as an identity, of the sink's own",
    "The sink names its own tenant or client_id, and PROVISION_SINK_TENANTS or --deliver names it, too.",
    "See that it is the tenant and the identity that are meant.",
    key="secret.delivery",
    address="client_secret",
)
EXAMPLE_VALUE = finding(
    "PRV647",
    "example-value",
    Exit.DONE,
    "the config holds an example value, which is nobody's",
    "It was copied from an example. Names that end in .example, .test or .invalid, and those of example.com, "
    "are reserved: nobody can have them.",
    "Write your own, or rehearse with --sandbox.",
    "https://www.rfc-editor.org/rfc/rfc2606",
    key="tenant.id",
    address="config",
)
ADOPTED = finding(
    "PRV660",
    "secret-adopted",
    Exit.DONE,
    "the secret in use was made by hand, and counts as the delivered one",
    "secret.adopt names it. Nobody here knows its value; it is renewed when its own end is near.",
    "Nothing to do. To replace it: 'provision rotate CONFIG', enter the new one, then "
    "'provision rotate CONFIG --confirm', which removes it.",
    key="secret.adopt",
    address="client_secret",
)
ADOPTED_SECRET_GONE = finding(
    "PRV661",
    "adopted-secret-gone",
    Exit.DONE,
    "the adopted secret is gone",
    "It was removed, by 'provision rotate --confirm' or by a person, so secret.adopt is without effect.",
    "Remove secret.adopt from the config.",
    key="secret.adopt",
    address="client_secret",
)
SIGNS_IN_AGAIN = finding(
    "PRV662",
    "signs-in-again",
    Exit.DONE,
    "a credential of the restored registration signs in again",
    "Secrets and certificates come back with it, others' too; a leak may be why it was deleted.",
    "If it leaked: 'provision rotate --emergency' right after it is back, and remove those of others.",
    "https://learn.microsoft.com/graph/api/directory-deleteditems-restore",
    key="secret",
    address="client_secret",
)
LAST_SIGN_INS = finding(
    "PRV664",
    "last-sign-ins",
    Exit.DONE,
    "when the application's credentials signed in last",
    "Graph's report lags by hours, and a credential without a row in it may be in use all the same.",
    "If one signed in lately, find out what uses it before it ends.",
    "https://learn.microsoft.com/graph/api/reportroot-list-appcredentialsigninactivities",
    key="secret",
    address="client_secret",
)
VALUE_LEFT = finding(
    "PRV663",
    "value-left",
    Exit.DONE,
    "a delivered value stays where it was delivered",
    "It signs in no more once the registration is deleted, and again if that is restored.",
    "Remove it there once nobody needs the way back.",
    key="secret.delivery",
    address="delivery",
)
