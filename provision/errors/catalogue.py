"""Every code the program can say, in one table: what it means, why it comes, what to do.

Codes are stable and never reused: 1xx command line, 2xx configuration, 3xx refusals before anything
is written, 4xx sign-in and Graph, 5xx delivery of the secret, 6xx findings, 7xx sandbox, 8xx signing in
as the product and sending mail, 9xx the rest.
``docs/errors.md`` is written from this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile

from provision.errors import Entry, Exit

# 1xx: the command line

USAGE = Entry(
    "PRV100",
    "usage",
    Exit.USAGE,
    "the command line is wrong",
    "A command, an option or a value is not one that the program knows.",
    "Run the command with --help.",
)
NOT_INTERACTIVE = Entry(
    "PRV101",
    "not-interactive",
    Exit.USAGE,
    "there is nobody to ask",
    "apply asks before it writes, and neither a terminal nor --yes is there.",
    "Look at the plan, then run again with --yes.",
)
TERMINAL_SINK = Entry(
    "PRV102",
    "terminal-sink",
    Exit.USAGE,
    "the secret cannot be shown: there is no terminal",
    "The delivery 'terminal' shows the secret once on a screen; in a pipe it would end up in a log.",
    "Choose another delivery: --deliver file:PATH, or secret.delivery in the config.",
)
UNKNOWN_CODE = Entry(
    "PRV103",
    "unknown-code",
    Exit.USAGE,
    "no such error code",
    "explain knows the codes and names of its own catalogue.",
    "Run 'provision explain' alone to list them.",
)
CLIENT_ID_UNKNOWN = Entry(
    "PRV105",
    "client-id-unknown",
    Exit.USAGE,
    "the OAuth Client ID is not known",
    "The application is not there yet, or this identity may not look for it.",
    "Pass --client-id with the OAuth Client ID of System Settings, or sign in as somebody who may look.",
)
CI_VARIABLES = Entry(
    "PRV106",
    "ci-variables",
    Exit.USAGE,
    "the pipeline's variables are not what they should be",
    "--ci writes outputs and a summary where the pipeline says; it is found by GITHUB_ACTIONS or TF_BUILD. "
    "A container that only some variables were handed to is the usual reason.",
    "Hand the variable on, or pass --ci none to go on without. Nothing was done.",
    "https://docs.github.com/actions/reference/workflows-and-actions/variables",
)
MASK_UNHEARD = Entry(
    "PRV107",
    "mask-unheard",
    Exit.USAGE,
    "the pipeline would not hear which value to mask",
    "A new secret is masked in the log before it is delivered, by a line on stderr that the pipeline takes "
    "out; stderr goes to a file or nowhere here, so the value would be kept there, or not be masked.",
    "Do not redirect stderr of a run that may make a secret, or pass --ci none.",
    "https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands",
)
DECLINED = Entry(
    "PRV104",
    "declined",
    Exit.FAILED,
    "not applied: the answer was no",
    "The question before writing was not answered with yes.",
    "Nothing was written. Run again when the plan is right.",
)

# 2xx: the configuration

CONFIG_NOT_FOUND = Entry(
    "PRV200",
    "config-not-found",
    Exit.CONFIG,
    "no such config",
    "The path, folder or glob names no YAML file.",
    "Check the path; a folder must hold *.yaml or *.yml files.",
)
CONFIG_UNREADABLE = Entry(
    "PRV201",
    "config-unreadable",
    Exit.CONFIG,
    "the config cannot be read",
    "The file may not be read, is no UTF-8 text, is empty or too large, or is a link out of its folder tree.",
    "Save it as UTF-8 text, and see that you may read it.",
)
YAML_SYNTAX = Entry(
    "PRV202",
    "yaml-syntax",
    Exit.CONFIG,
    "the YAML cannot be read",
    "Most often a tab, a missing space after a colon, or a quote that is not closed.",
    "Indent with spaces and compare with the files in configs/.",
)
YAML_FEATURE = Entry(
    "PRV203",
    "yaml-feature",
    Exit.CONFIG,
    "this YAML feature is not taken here",
    "Aliases, merge keys, tags and several documents in a file hide from a reviewer what a config says.",
    "Write the values out; share them between files with 'extends'.",
)
DUPLICATE_KEY = Entry(
    "PRV204",
    "duplicate-key",
    Exit.CONFIG,
    "a key is written twice",
    "YAML would silently keep the last of them.",
    "Keep the one that is meant.",
)
UNKNOWN_KEY = Entry(
    "PRV205",
    "unknown-key",
    Exit.CONFIG,
    "there is no such key",
    "A misspelt key would otherwise be ignored.",
    "Run 'provision schema' for the keys that there are.",
)
MISSING_KEY = Entry(
    "PRV206",
    "missing-key",
    Exit.CONFIG,
    "a required key is missing",
    "version, name, tenant.id, application.admin_url and mail.address have no default.",
    "Add it.",
)
WRONG_TYPE = Entry(
    "PRV207",
    "wrong-type",
    Exit.CONFIG,
    "the value is of another kind than is meant here",
    "YAML reads no, on, 123 and 2026-01-01 as something other than text.",
    "Put text in quotes.",
)
INVALID_VALUE = Entry(
    "PRV208",
    "invalid-value",
    Exit.CONFIG,
    "the value is not one that can work",
    "It breaks a rule of Microsoft Entra or of this tool.",
    "Correct it as the message says.",
)
VARIABLE_UNSET = Entry(
    "PRV209",
    "variable-unset",
    Exit.CONFIG,
    "a variable is not set",
    "${NAME} takes its value from --var or from the environment.",
    "Set it, pass --var NAME=VALUE, or give a default: ${NAME:-default}.",
)
VARIABLE_FORBIDDEN = Entry(
    "PRV210",
    "variable-forbidden",
    Exit.CONFIG,
    "this variable may not be read by a config",
    "A config in a pull request is a stranger's text; it must not be able to put a credential into a plan.",
    "Write the value itself, or use a variable whose name does not speak of a secret.",
)
EXTENDS = Entry(
    "PRV211",
    "extends",
    Exit.CONFIG,
    "the file that this one extends cannot be used",
    "It is missing, no relative path, outside the folder tree, extends itself, or the chain is too long.",
    "Correct the path after 'extends'; it is relative to the file that it is written in.",
)
REDIRECT_URI = Entry(
    "PRV212",
    "redirect-uri",
    Exit.CONFIG,
    "Entra does not take this redirect URI",
    "https only (http for localhost), 256 characters at most, none of ! $ ' ( ) , ; and no fragment.",
    "Correct application.admin_url or application.redirect_uris.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
DUPLICATE_NAME = Entry(
    "PRV213",
    "duplicate-name",
    Exit.CONFIG,
    "two configs mean the same application",
    "The name is the application's identity; two files of one name in one tenant would undo each other.",
    "Give each its own name, or name one file only.",
)
TENANT_NOT_FOUND = Entry(
    "PRV214",
    "tenant-not-found",
    Exit.CONFIG,
    "there is no such tenant in this cloud",
    "tenant.id is mistyped, or tenant.cloud is another than the tenant's (GCC High and DoD have own hosts).",
    "Compare tenant.id with the Overview page of Microsoft Entra ID, and see that tenant.cloud is right.",
    "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
)

# 3xx: refused before anything is written

IDENTITY_CONFLICT = Entry(
    "PRV300",
    "identity-conflict",
    Exit.REFUSED,
    "name and client_id mean two different applications",
    "An application with this uniqueName is there, and client_id names another.",
    "Decide which is meant: remove client_id, or choose another name.",
)
FOREIGN_UNIQUE_NAME = Entry(
    "PRV301",
    "foreign-unique-name",
    Exit.REFUSED,
    "the name is taken by an application that this tool did not make",
    "Another tool (Bicep, for one) made an application with this uniqueName; it has no tag 'provision'.",
    "Choose another name, or adopt it with application.client_id.",
)
SOFT_DELETED = Entry(
    "PRV302",
    "soft-deleted",
    Exit.REFUSED,
    "the application was deleted, and its name is still reserved",
    "A deleted application keeps its uniqueName for 30 days, until it is restored or removed for good.",
    "Restore it in the portal (App registrations > Deleted applications), delete it there permanently, "
    "or choose another name.",
    "https://learn.microsoft.com/entra/identity-platform/howto-restore-app",
)
OTHER_TENANTS_APPLICATION = Entry(
    "PRV303",
    "other-tenants-application",
    Exit.REFUSED,
    "the application belongs to another tenant",
    "Only its service principal is here; the registration can be changed only in its home tenant.",
    "Set tenant.id to the home tenant, or remove client_id to make an application of your own.",
)
CLIENT_ID_NOT_FOUND = Entry(
    "PRV304",
    "client-id-not-found",
    Exit.REFUSED,
    "the application to adopt is not there",
    "client_id is mistyped, is an object id, or belongs to another tenant.",
    "Copy 'Application (client) ID' from the registration's Overview page.",
)
MAILBOX_MISSING = Entry(
    "PRV305",
    "mailbox-missing",
    Exit.REFUSED,
    "there is no mailbox at this address",
    "The address is mistyped, the user has no Exchange Online licence, or the mailbox is on-premises.",
    "Create or license the mailbox, or pass --allow mailbox-missing to go on without.",
    "https://learn.microsoft.com/graph/resolve-auth-errors",
    allowable=True,
)
SECRETS_BLOCKED = Entry(
    "PRV306",
    "secrets-blocked",
    Exit.REFUSED,
    "the tenant's policy forbids client secrets",
    "An app management policy has the restriction passwordAddition in force for this application.",
    "Ask who runs Entra to exclude this one application from that policy (a custom app management policy "
    "assigned to it), then run again. Nothing was written.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicy",
    graph=("CredentialTypeNotAllowedAsPerAppPolicy",),
)
UNSCOPED_GRANT = Entry(
    "PRV307",
    "unscoped-grant",
    Exit.REFUSED,
    "the config limits mail to one mailbox, but Entra grants Mail.Send for all of them",
    "The two add up: with the Entra grant in place the Exchange scope limits nothing.",
    "Run what 'provision exchange' prints, wait two hours, then remove the grant: docs/one-mailbox.md.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
    allowable=True,
)
CUSTOM_CLOUD = Entry(
    "PRV308",
    "custom-cloud",
    Exit.REFUSED,
    "the config sends credentials to hosts that are not Microsoft's",
    "tenant.cloud holds addresses instead of the name of a cloud.",
    "If you trust these hosts, pass --allow custom-cloud.",
    allowable=True,
)
COMMAND_SINK = Entry(
    "PRV309",
    "command-sink",
    Exit.REFUSED,
    "the config runs a command in a pipeline",
    "A command sink runs what the config names; in a pull request that is a stranger's choice.",
    "If you trust the config, pass --allow command-sink.",
    allowable=True,
)
CHANGED_MEANWHILE = Entry(
    "PRV310",
    "changed-meanwhile",
    Exit.REFUSED,
    "somebody changed the tenant while this ran",
    "What was to be created came into being between the look and the write.",
    "Run plan again and look at what it says now.",
)

NOT_APPLIED = Entry(
    "PRV311",
    "not-applied",
    Exit.FAILED,
    "there is nothing to show yet",
    "No application of this config is in the tenant.",
    "Run 'provision apply' first.",
)

SECRET_LIMIT = Entry(
    "PRV312",
    "secret-limit",
    Exit.REFUSED,
    "the application has as many secrets as it may have",
    "With personal Microsoft accounts in its audience, Entra keeps two secrets an application.",
    "Remove one that nobody uses in the portal (Certificates & secrets), or set sign_in_audience to "
    "AzureADMyOrg. Secrets of others are never removed here.",
    "https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation",
)
BUSY = Entry(
    "PRV313",
    "busy",
    Exit.REFUSED,
    "another run works on the same application",
    "Two runs side by side could make two secrets where one is meant.",
    "Wait until the other run has ended, and run again.",
)
NOT_OURS = Entry(
    "PRV314",
    "not-ours",
    Exit.REFUSED,
    "this secret is not one to revoke here",
    "--revoke removes a secret that carries this config's mark and that nothing says was delivered.",
    "For a delivered one use 'rotate --confirm' or 'rotate --emergency'; remove others in the portal.",
)
WRONG_SECRET = Entry(
    "PRV315",
    "wrong-secret",
    Exit.REFUSED,
    "this is not the new secret",
    "What is entered in the product must be the Value of the newest secret before the older one may go.",
    "Enter the Value that was delivered last, and confirm again. Nothing was removed.",
)
NOT_PROVEN = Entry(
    "PRV316",
    "not-proven",
    Exit.REFUSED,
    "the new secret does not sign in",
    "The token endpoint refused it. Right after a secret was made, Entra may not know it everywhere yet.",
    "Compare it with what was delivered, wait a minute, and confirm again. Nothing was removed.",
    "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
)
SINK_HOST = Entry(
    "PRV322",
    "sink-host",
    Exit.REFUSED,
    "the config sends the secret to a host that is not known",
    "A sink in the config names a host that is neither Azure's nor Azure DevOps's own; in a pull request "
    "that is a stranger's choice.",
    "If you trust this host, pass --allow sink-host.",
    allowable=True,
)

PLAN_FILE = Entry(
    "PRV317",
    "plan-file",
    Exit.REFUSED,
    "the plan file cannot be used",
    "It is cut off, was changed, expired, is of a newer version, or is no plan at all.",
    "Make a new one with 'provision plan --out FILE', and have it approved again. Nothing was written.",
)
STALE_PLAN = Entry(
    "PRV318",
    "stale-plan",
    Exit.REFUSED,
    "what would be done now is not what was approved",
    "The config, the tenant or the steps changed since the plan was made.",
    "Run plan again, look at what it says now, and have that approved. Nothing was written.",
)
DELIVERY_CHANGED = Entry(
    "PRV319",
    "delivery-changed",
    Exit.REFUSED,
    "the secret would go to another place than was planned",
    "--deliver, or a rehearsal's stand-in, names another sink than the saved plan.",
    "Pass the same --deliver to plan and apply, or --allow delivery-changed.",
    allowable=True,
)
AUDIENCE_WIDENED = Entry(
    "PRV320",
    "audience-widened",
    Exit.REFUSED,
    "the application would be opened to other tenants' accounts",
    "sign_in_audience is to change from this tenant's accounts to a wider one.",
    "Set application.sign_in_audience to AzureADMyOrg, or pass --allow audience-widened.",
    "https://learn.microsoft.com/entra/identity-platform/howto-modify-supported-accounts",
    allowable=True,
)
MANY_CHANGES = Entry(
    "PRV321",
    "many-changes",
    Exit.REFUSED,
    "one run would change very much",
    "More than 50 changes in one run are more often a mistake in a shared file than meant.",
    "Look at the plan; if it is meant, pass --allow many-changes, or apply the configs in parts.",
    allowable=True,
)

SCOPE_IS_ORGANIZATION = Entry(
    "PRV340",
    "scope-is-organization",
    Exit.REFUSED,
    "there is nothing for Exchange to limit: mail.scope is organization",
    "With mail.scope: organization the grant in Entra reaches every mailbox, whatever Exchange says.",
    "Set mail.scope: mailbox in the config first; docs/one-mailbox.md has the order without an outage.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)
POWERSHELL_MISSING = Entry(
    "PRV341",
    "powershell-missing",
    Exit.REFUSED,
    "the Exchange script cannot be run on this machine",
    "It needs PowerShell (pwsh) and the module ExchangeOnlineManagement.",
    "Save the script with --out, and give it to an Exchange administrator; or install both.",
    "https://learn.microsoft.com/powershell/exchange/exchange-online-powershell-v2",
)
EXCHANGE_RUN = Entry(
    "PRV342",
    "exchange-run",
    Exit.REFUSED,
    "the Exchange script is not run in a pipeline unless it is allowed",
    "A config in a pull request would decide who may send from which mailbox.",
    "Let an Exchange administrator run it, or pass --allow exchange-run.",
    allowable=True,
)
EXCHANGE_SCRIPT_FAILED = Entry(
    "PRV343",
    "exchange-script-failed",
    Exit.FAILED,
    "the Exchange script ended with an error",
    "PowerShell's own words stand above. What the script had made by then stays.",
    "Put right what it names and run it again: it goes on where it ended.",
)

# 4xx: sign-in and Graph

UNREACHABLE = Entry(
    "PRV400",
    "unreachable",
    Exit.UNREACHABLE,
    "the service cannot be reached",
    "No network, a proxy, a firewall, a DNS name or a certificate is in the way.",
    "Check the connection to the host in the message; behind a proxy set HTTPS_PROXY, "
    "with a private CA set SSL_CERT_FILE.",
)
THROTTLED = Entry(
    "PRV401",
    "throttled",
    Exit.UNREACHABLE,
    "the service stayed busy",
    "It answered 'too many requests' or 'unavailable' until the time allowed was over.",
    "Wait some minutes and run again; what was done is kept and found again.",
    "https://learn.microsoft.com/graph/throttling",
    graph=("TooManyRequests",),
)
NO_PERMISSION = Entry(
    "PRV402",
    "no-permission",
    Exit.NO_PERMISSION,
    "a right of this identity is missing",
    "Graph refused the call for want of a permission or a directory role.",
    "Sign in as somebody who has the right that the message names, or have it granted.",
    "https://learn.microsoft.com/graph/permissions-reference",
    graph=("Authorization_RequestDenied", "Authorization_Request_Denied"),
)
SIGN_IN = Entry(
    "PRV403",
    "sign-in",
    Exit.NO_PERMISSION,
    "sign-in failed",
    "No credential was found, or Entra refused the one that was.",
    "Sign in with 'az login', set AZURE_CLIENT_ID, AZURE_TENANT_ID and a credential, "
    "or choose another way with --auth.",
    "https://learn.microsoft.com/python/api/overview/azure/identity-readme",
)
GRAPH_REFUSED = Entry(
    "PRV404",
    "graph-refused",
    Exit.FAILED,
    "Microsoft Graph refused the request",
    "The message is Graph's own.",
    "Read Graph's message; give its request id to Microsoft's support if it stays unclear.",
)
GRAPH_ANSWER = Entry(
    "PRV405",
    "graph-answer",
    Exit.FAILED,
    "the answer is not what Graph documents",
    "Something between here and Graph answered in its place, or Graph changed.",
    "Look whether a proxy answers; otherwise report it with the request id.",
)
ROLE_NOT_FOUND = Entry(
    "PRV406",
    "role-not-found",
    Exit.FAILED,
    "this tenant's Microsoft Graph offers no such permission",
    "The role is looked up by name in the tenant and was not found there.",
    "See that tenant.cloud is right; the permission may not exist in that cloud.",
)
LIFETIME_REFUSED = Entry(
    "PRV407",
    "lifetime-refused",
    Exit.REFUSED,
    "policy refused the secret's lifetime",
    "An app management policy allows less than was asked for, and did not say so when it was read.",
    "Set secret.lifetime shorter, below what the policy allows.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicy",
    graph=("CredentialInvalidLifetimeAsPerAppPolicy",),
)

NOT_SPREAD_YET = Entry(
    "PRV408",
    "not-spread-yet",
    Exit.UNREACHABLE,
    "Entra does not know the new object everywhere yet",
    "A new object may be missing on some servers for a minute, in bad times for twenty.",
    "Wait some minutes and run again: what was made is found again, and nothing is made twice.",
    "https://learn.microsoft.com/graph/best-practices-concept",
    graph=("Request_ResourceNotFound", "NoBackingApplicationObject"),
)
WRITTEN_TO_BY_OTHERS = Entry(
    "PRV409",
    "written-to-by-others",
    Exit.UNREACHABLE,
    "others kept writing to the same object",
    "Entra refuses writes that come too close together, whoever sends them.",
    "Wait a minute and run again; what was done is kept.",
    "https://learn.microsoft.com/graph/errors",
    graph=("Directory_ConcurrencyViolation",),
)

# 5xx: delivery of the secret

SINK_UNUSABLE = Entry(
    "PRV500",
    "sink-unusable",
    Exit.FAILED,
    "the secret could not be delivered there, so none was made",
    "The delivery is tried out before a secret is made.",
    "Correct what the message names, or choose another delivery with --deliver.",
)
DELIVERY_FAILED = Entry(
    "PRV501",
    "delivery-failed",
    Exit.FAILED,
    "the secret could not be delivered; it was revoked",
    "The sink failed after the secret was made. The value is gone and the secret with it.",
    "Correct what the message names and run again: a new one will be made.",
)
NOT_REVOKED = Entry(
    "PRV502",
    "not-revoked",
    Exit.FAILED,
    "the secret could not be delivered, and could not be revoked either",
    "The sink failed, and then Graph refused to remove the secret.",
    "Run again: the next run removes it. Or remove it in the portal by the key id in the message.",
)
UNSEEN_SECRET = Entry(
    "PRV503",
    "unseen-secret",
    Exit.FAILED,
    "Graph's answer to the secret's creation was lost, and so is its value",
    "The connection broke while the secret was made, and it kept breaking while that was mended.",
    "Run again: the next run removes what nobody received and makes a new one.",
)

# 6xx: findings

LIFETIME_OVER_180_DAYS = Entry(
    "PRV600",
    "lifetime-over-180-days",
    Exit.DONE,
    "the secret lives longer than CISA recommends",
    "CISA's baseline MS.AAD.5.6v1 recommends 180 days or less.",
    "Set secret.lifetime to 180d.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
)
LIFETIME_CAPPED = Entry(
    "PRV601",
    "lifetime-capped",
    Exit.DONE,
    "policy allows a shorter life than the config asks for",
    "Entra compares a policy's lifetime with 'less than', so the end is set an hour before it.",
    "Nothing to do; set secret.lifetime lower to be free of this note.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md",
)
RENEW_BEFORE_CAPPED = Entry(
    "PRV602",
    "renew-before-capped",
    Exit.DONE,
    "renewal begins later than the config asks for",
    "A renewal window longer than a third of the secret's life would renew it without end.",
    "Nothing to do; set secret.renew_before to a third of the lifetime or less to be free of this note.",
)
MAILBOX_NOT_CHECKED = Entry(
    "PRV603",
    "mailbox-not-checked",
    Exit.DONE,
    "whether the mailbox is there could not be read",
    "This identity may not read users or mailboxes.",
    "Grant the right that the message names, or see for yourself that the mailbox is there.",
)
POLICY_NOT_CHECKED = Entry(
    "PRV604",
    "policy-not-checked",
    Exit.DONE,
    "the app management policy could not be read",
    "This identity does not have Policy.Read.All; a policy may refuse the secret when it is made.",
    "Grant Policy.Read.All, or go on: a refusal is understood when it comes.",
)
NOT_CHECKED = Entry(
    "PRV605",
    "not-checked",
    Exit.DONE,
    "something could not be read",
    "This identity does not have the right to read it.",
    "Grant the right that the message names.",
)
AWAITS_CONFIRMATION = Entry(
    "PRV606",
    "awaits-confirmation",
    Exit.DONE,
    "a renewed secret waits to be entered",
    "Two delivered secrets are alive: the product may still use the older one.",
    "Enter the newer one in the product before the older one ends.",
)
SECRET_UNPROVEN = Entry(
    "PRV607",
    "secret-unproven",
    Exit.DONE,
    "a secret carries our mark, but nothing records its delivery",
    "A run on another machine was interrupted, or somebody copied the name.",
    "If nobody uses it, remove it with 'provision rotate CONFIG --revoke KEYID'.",
)
TAKES_EFFECT_LATER = Entry(
    "PRV608",
    "takes-effect-later",
    Exit.DONE,
    "a changed description takes effect with the next secret",
    "Graph does not let a secret be renamed.",
    "Nothing to do.",
)
PRINCIPAL_DISABLED = Entry(
    "PRV609",
    "principal-disabled",
    Exit.DONE,
    "sign-in is switched off for the service principal: no token will be issued",
    "Somebody set 'Enabled for users to sign-in' to No on the enterprise application.",
    "Switch it on in the portal (Enterprise applications > Properties).",
)
SCOPE_UNKNOWN = Entry(
    "PRV610",
    "scope-unknown",
    Exit.DONE,
    "whether Exchange lets the application send from the mailbox cannot be read here",
    "With mail.scope: mailbox the grant is Exchange's role assignment, which Graph does not show.",
    "An Exchange administrator runs what 'provision exchange' prints; 'provision verify' settles it.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)
CONSENT_PENDING = Entry(
    "PRV611",
    "consent-pending",
    Exit.CONSENT,
    "an administrator's consent is still to be given",
    "A Microsoft Graph application permission can be granted only by a Privileged Role Administrator.",
    "Send the consent link to such an administrator, then run again.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    allowable=True,
)
CONSENT_REVOKED = Entry(
    "PRV612",
    "consent-revoked",
    Exit.DONE,
    "Mail.Send was granted once, and is not any more",
    "A run on this machine saw the consent. Somebody removed the grant since, or consented again with the "
    "permission left out; mail has stopped, or stops within about an hour, when the last token ends.",
    "Ask why before granting it again: the audit log shows who ('Remove app role assignment').",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
)
CONSENT_PARTIAL = Entry(
    "PRV613",
    "consent-partial",
    Exit.DONE,
    "other permissions of the application are granted, Mail.Send is not",
    "Consent was given before Mail.Send was declared, or one grant was made by hand.",
    "Run 'provision consent' or 'apply', which add only Mail.Send. The page behind the link grants what the "
    "registration declares, and may take away what it does not.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
)
CONSENT_DELEGATED_ONLY = Entry(
    "PRV614",
    "consent-delegated-only",
    Exit.DONE,
    "Mail.Send is granted as a delegated permission, which the product cannot use",
    "The delegated permission of that name was chosen, not the application permission. It sends on behalf "
    "of who is signed in, and nobody is when the product sends.",
    "Have the application permission granted; then remove the delegated one if nobody uses it.",
    "https://learn.microsoft.com/graph/auth/auth-concepts",
)

# What ``drift`` finds beside the changes that are due. ``error`` is what gives somebody a way to act as the
# application, gives it more than it needs, or stops the mail; ``warning`` any other thing undeclared.

DIFFERS = Entry(
    "PRV620",
    "differs-from-config",
    Exit.ATTENTION,
    "something declared is otherwise in the tenant",
    "Somebody changed it, or the config was changed and not applied.",
    "Run 'provision apply' to make it as declared, or change the config.",
)
APPLICATION_MISSING = Entry(
    "PRV621",
    "application-missing",
    Exit.ATTENTION,
    "the application is not there",
    "It was never applied, or somebody removed it and purged it.",
    "Run 'provision apply' to make it.",
)
PRINCIPAL_MISSING = Entry(
    "PRV622",
    "principal-missing",
    Exit.ATTENTION,
    "the application has no service principal: no token will be issued",
    "Somebody removed the enterprise application, and its grants with it.",
    "Run 'provision apply' to make it, and the grant, again.",
)
MAIL_NOT_GRANTED = Entry(
    "PRV623",
    "mail-not-granted",
    Exit.ATTENTION,
    "Mail.Send is not granted: no mail will be sent",
    "An administrator took the consent back, or none ever gave it.",
    "Find out who revoked it, and why; then run 'provision apply', or send the consent link.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
)
SECRET_DUE = Entry(
    "PRV624",
    "secret-due",
    Exit.ATTENTION,
    "a client secret is to be made",
    "The delivered one was removed, has ended, or is due for renewal.",
    "Run 'provision apply'.",
)
UNDECLARED_SECRET = Entry(
    "PRV625",
    "undeclared-secret",
    Exit.ATTENTION,
    "there is a client secret that was not made here",
    "Whoever has its value can send mail as anybody whom the application may send as.",
    "Find out who uses it, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/passwordcredential",
)
UNDECLARED_CERTIFICATE = Entry(
    "PRV626",
    "undeclared-certificate",
    Exit.ATTENTION,
    "there is a certificate, and none is declared",
    "Whoever has its private key can sign in as the application.",
    "Find out whose it is, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/keycredential",
)
UNDECLARED_FEDERATED_CREDENTIAL = Entry(
    "PRV627",
    "undeclared-federated-credential",
    Exit.ATTENTION,
    "there is a federated credential, and none is declared",
    "Whoever gets a token from its issuer for its subject can sign in as the application, without a secret.",
    "Find out what signs in with it, and remove it in the portal (Certificates & secrets > Federated "
    "credentials); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/federatedidentitycredential",
)
UNDECLARED_REDIRECT_URI = Entry(
    "PRV628",
    "undeclared-redirect-uri",
    Exit.ATTENTION,
    "there is a redirect URI that is not declared",
    "Entra sends whoever signs in, and the code or token with them, to any of these addresses.",
    "Remove it in the portal (Authentication), declare it in application.redirect_uris, or ignore it with a "
    "reason.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
UNDECLARED_PERMISSION = Entry(
    "PRV629",
    "undeclared-permission",
    Exit.ATTENTION,
    "the application asks for a permission that is not declared",
    "The next administrator who presses 'Grant admin consent' grants it.",
    "Remove it in the portal (API permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/requiredresourceaccess",
)
UNDECLARED_GRANT = Entry(
    "PRV630",
    "undeclared-grant",
    Exit.ATTENTION,
    "the application was granted a permission that is not declared",
    "It may do more than send mail, whether or not it asks for it.",
    "Revoke it in the portal (Enterprise applications > Permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
)
UNDECLARED_OWNER = Entry(
    "PRV631",
    "undeclared-owner",
    Exit.ATTENTION,
    "there is an owner that is not declared",
    "An owner may add a secret, and so sign in as the application.",
    "Remove the owner in the portal (Owners), declare it in application.owners, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/application-list-owners",
)
IMPLICIT_GRANT = Entry(
    "PRV632",
    "implicit-grant",
    Exit.ATTENTION,
    "tokens are issued in the address of a page (implicit grant)",
    "Somebody switched it on; sending mail needs none of it.",
    "Switch it off in the portal (Authentication > Implicit grant and hybrid flows).",
    "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-implicit-grant-flow",
)
PUBLIC_CLIENT = Entry(
    "PRV633",
    "public-client",
    Exit.ATTENTION,
    "sign-in without a secret is allowed (public client flows)",
    "Somebody switched it on; device codes and passwords of users are then taken without a secret.",
    "Switch it off in the portal (Authentication > Allow public client flows).",
    "https://learn.microsoft.com/graph/api/resources/application",
)
UNDECLARED_SETTING = Entry(
    "PRV634",
    "undeclared-setting",
    Exit.ATTENTION,
    "a setting is not as this tool leaves it",
    "Somebody set an address, or made the application an API for others; sending mail needs none of it.",
    "Take it out in the portal, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/application",
)
REGISTRATION_DISABLED = Entry(
    "PRV635",
    "registration-disabled",
    Exit.ATTENTION,
    "the application is deactivated: no token will be issued",
    "Somebody, or Microsoft, deactivated the registration.",
    "Find out why before you activate it in the portal (App registrations > Overview).",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration",
)
ASSIGNMENT_REQUIRED = Entry(
    "PRV636",
    "assignment-required",
    Exit.ATTENTION,
    "users must be assigned to the application to sign in",
    "Somebody set 'Assignment required' to Yes on the enterprise application.",
    "Set it to No in the portal (Enterprise applications > Properties), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/serviceprincipal",
)
STALE_RECORD = Entry(
    "PRV637",
    "stale-record",
    Exit.ATTENTION,
    "a record of a delivery names a secret that is not there",
    "Somebody removed the secret, or put the tag there: a secret made with that key id would be trusted.",
    "Remove the tag in the portal (Manifest > tags); the next secret that is made removes it, too.",
)
UNUSED_IGNORE = Entry(
    "PRV638",
    "unused-ignore",
    Exit.DONE,
    "an entry of drift.ignore matches nothing",
    "What it names is gone, is another value now, or could not be read.",
    "Remove it from the config, so that it does not hide what comes next.",
)

# Built-in rules, which plan and drift show.

AUDIENCE_WIDE = Entry(
    "PRV640",
    "audience-wide",
    Exit.DONE,
    "accounts of other tenants may sign in to the application",
    "Microsoft advises a single tenant for an application that you register for a product of your own; "
    "CISA's ScubaGear counts several tenants as a risk.",
    "Set application.sign_in_audience to AzureADMyOrg.",
    "https://learn.microsoft.com/entra/identity-platform/single-and-multi-tenant-apps",
)
REDIRECT_URI_INSECURE = Entry(
    "PRV641",
    "redirect-uri-insecure",
    Exit.DONE,
    "a redirect URI is plain http, or leads to the user's own machine",
    "Microsoft advises against http and localhost in production: another program there can take the code.",
    "Remove it once it is not needed for development.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
REDIRECT_URI_ELSEWHERE = Entry(
    "PRV642",
    "redirect-uri-elsewhere",
    Exit.DONE,
    "a redirect URI leads to another host than the product's",
    "Who runs that host, or takes over its name, gets what Entra sends there.",
    "See that the host is yours, and remove the URI when nothing uses it.",
    "https://learn.microsoft.com/entra/identity-platform/security-best-practices-for-app-registration",
)
MAIL_FOR_EVERYONE = Entry(
    "PRV643",
    "mail-for-everyone",
    Exit.DONE,
    "Mail.Send lets the application send as every mailbox of the organization",
    "CISA's ScubaGear lists this permission among the risky ones.",
    "Limit it to the one mailbox with Exchange's RBAC for Applications: mail.scope: mailbox.",
    "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/schemas/RiskyAppPermissions.json",
)
ASKS_FOR_EVERYONE = Entry(
    "PRV644",
    "asks-for-everyone",
    Exit.DONE,
    "the application still asks for Mail.Send, and the portal's button would grant it for all mailboxes",
    "mail.scope is mailbox, but requiredResourceAccess holds Mail.Send from before. apply removes nothing "
    "that this config does not declare.",
    "Remove it in the portal: App registrations > API permissions > Mail.Send > Remove permission.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)

# 7xx: the sandbox

SANDBOX_STATE = Entry(
    "PRV700",
    "sandbox-state",
    Exit.CONFIG,
    "the sandbox's state cannot be used",
    "The file is damaged, of a newer version, or not a sandbox's state at all. It was left as it is.",
    "Move it away, or run 'provision sandbox reset'.",
)
SANDBOX_SEED = Entry(
    "PRV701",
    "sandbox-seed",
    Exit.CONFIG,
    "the sandbox's seed file cannot be used",
    "The file is not there, is not YAML, or says something that a seed cannot say. Nothing was changed.",
    'Correct the line that the message names; docs/sandbox.md, "Seed", has every key.',
)
SANDBOX_ADDRESS = Entry(
    "PRV702",
    "sandbox-address",
    Exit.FAILED,
    "the sandbox cannot be served at this address",
    "Another program listens there, or the address is not this machine's.",
    "Choose another --port (0 takes any free one), or another --host.",
)

SANDBOX_NOT_SERVED = Entry(
    "PRV703",
    "sandbox-not-served",
    Exit.UNREACHABLE,
    "no sandbox is served there, as far as this machine knows",
    "'sandbox serve' leaves word of its URL and administrator in the cache folder of the user who runs it.",
    "Start it with 'provision sandbox serve', or set the AZURE_… variables of a caller that it knows.",
)

# 8xx: signing in as the product does, and sending mail

_AADSTS = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
_RESOLVE = "https://learn.microsoft.com/graph/resolve-auth-errors"

SECRET_ID_PASTED = Entry(
    "PRV800",
    "secret-id-pasted",
    Exit.FAILED,
    "the Secret Key is the Secret ID, not the Value",
    "Entra shows two columns for a secret; the one that looks like a GUID is no secret.",
    "Enter the Value. It is shown once, when the secret is made: if nobody kept it, run 'provision rotate'.",
    _AADSTS,
)
SECRET_REFUSED = Entry(
    "PRV801",
    "secret-refused",
    Exit.FAILED,
    "Entra does not take the Secret Key",
    "It is mistyped, is of another application, was removed, or is so new that not every server knows it.",
    "Compare its first three characters with the hint in Entra or in 'provision show'; wait a minute if it "
    "is new; otherwise enter the Value that was delivered last, or run 'provision rotate'.",
    _AADSTS,
    aadsts=(7000215,),
)
SECRET_EXPIRED = Entry(
    "PRV802",
    "secret-expired",
    Exit.FAILED,
    "the client secret has expired",
    "Mail that worked and then stopped is most often this.",
    "Run 'provision rotate', and enter the new Value in the product.",
    _AADSTS,
    aadsts=(7000222,),
)
APPLICATION_UNKNOWN = Entry(
    "PRV803",
    "application-unknown",
    Exit.FAILED,
    "the OAuth Client ID is not in this tenant",
    "It is mistyped, belongs to another tenant or cloud, was entered in the box of the Tenant ID, or the "
    "application is seconds old.",
    "Compare OAuth Client ID and Tenant ID with 'provision show'.",
    _AADSTS,
    aadsts=(700016,),
)
TENANT_UNKNOWN = Entry(
    "PRV804",
    "tenant-unknown",
    Exit.FAILED,
    "the Tenant ID is not known in this cloud",
    "It is mistyped, or the tenant lives in another cloud: GCC High and DoD have hosts of their own.",
    "Compare Tenant ID with the Overview page of Microsoft Entra ID, and see that tenant.cloud is right.",
    _AADSTS,
    aadsts=(90002, 90038, 900021, 900023, 900382, 900432),
)
IDS_SWAPPED = Entry(
    "PRV805",
    "ids-swapped",
    Exit.FAILED,
    "OAuth Client ID and Tenant ID are in each other's box",
    "Both look alike; what was given as the client id is the tenant's.",
    "Enter them the other way round.",
)
SECRET_PADDED = Entry(
    "PRV806",
    "secret-padded",
    Exit.FAILED,
    "the Secret Key has white space around it",
    "A space or a line's end was copied with it; without it the secret is taken.",
    "Enter it again without the space.",
)
APPLICATION_DISABLED = Entry(
    "PRV807",
    "application-disabled",
    Exit.FAILED,
    "the application or its service principal is switched off",
    "Somebody disabled sign-in, or Microsoft disabled the application.",
    "Switch it on in the portal: Enterprise applications > Properties > Enabled for users to sign-in.",
    _AADSTS,
    aadsts=(7000112,),
)
SIGN_IN_BLOCKED = Entry(
    "PRV808",
    "sign-in-blocked",
    Exit.FAILED,
    "Conditional Access blocks the sign-in",
    "A policy for workload identities does not let this application in from here.",
    "Ask who runs Conditional Access to except this application, or its network location.",
    "https://learn.microsoft.com/entra/identity/conditional-access/workload-identity",
    aadsts=(53003,),
)
CONSENT_MISSING = Entry(
    "PRV809",
    "consent-missing",
    Exit.CONSENT,
    "the application may not send mail: admin consent is missing",
    "The token carries no Mail.Send. To declare the permission is not to grant it, and a grant shows "
    "only in tokens that are made after it.",
    "A Privileged Role Administrator gives it: 'provision consent', or the link of 'provision show'.",
    _RESOLVE,
    aadsts=(65001, 90094),
    graph=("consent_required",),
)
REDIRECT_DIFFERS = Entry(
    "PRV810",
    "redirect-differs",
    Exit.FAILED,
    "the redirect URI is not one that is registered",
    "It is compared letter for letter: /connectors/SMTP.aspx, with its capitals, https, no slash behind it.",
    "Compare with 'provision show' and application.admin_url; 'provision apply' registers what is declared.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
    aadsts=(50011,),
)
SEND_REFUSED = Entry(
    "PRV811",
    "send-refused",
    Exit.FAILED,
    "Exchange does not let the application send from this mailbox",
    "There is no application grant of Mail.Send, only a delegated one, or the mailbox is outside the scope "
    "that Exchange allows (RBAC for Applications, or an application access policy).",
    "See that consent is granted; with mail.scope: mailbox run what 'provision exchange' prints, which may "
    "take two hours to have effect.",
    "https://learn.microsoft.com/graph/auth-limit-mailbox-access",
    graph=("ErrorAccessDenied",),
)
NO_MAILBOX = Entry(
    "PRV812",
    "no-mailbox",
    Exit.FAILED,
    "there is no Exchange Online mailbox behind the address",
    "The user is unlicensed, the mailbox is on-premises or soft-deleted, or the address is a list's.",
    "License the user, or choose a mailbox that is there; a shared one works.",
    _RESOLVE,
    graph=("ErrorInvalidUser", "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"),
)
SEND_AS_DENIED = Entry(
    "PRV813",
    "send-as-denied",
    Exit.FAILED,
    "the mailbox may not send in the name of another address",
    "The product sends from an address that is not the mailbox's own.",
    "Enter the mailbox's own address as Email Address, or give it Send As in Exchange.",
    graph=("ErrorSendAsDenied",),
)
RECIPIENT_REFUSED = Entry(
    "PRV814",
    "recipient-refused",
    Exit.FAILED,
    "the recipient's address is not one",
    "Exchange could not make an address of it.",
    "Correct the address behind --send-to.",
    graph=("ErrorInvalidRecipients",),
)
SENDING_LIMIT = Entry(
    "PRV815",
    "sending-limit",
    Exit.FAILED,
    "the mailbox has sent as much as it may",
    "Exchange limits messages and recipients a day, and four requests at a time for one mailbox.",
    "Wait, and spread the mail; a test of one message is not the cause.",
    "https://learn.microsoft.com/graph/throttling-limits",
    graph=("ErrorExceededMessageLimit", "ApplicationThrottled"),
)
ACCESS_POLICY = Entry(
    "PRV816",
    "access-policy",
    Exit.FAILED,
    "a legacy application access policy keeps the application out of this mailbox",
    "New-ApplicationAccessPolicy made it; Exchange calls it legacy, and answers before anything else.",
    "In Exchange Online PowerShell: Get-ApplicationAccessPolicy, and Test-ApplicationAccessPolicy for this "
    "mailbox; move to RBAC for Applications with mail.scope: mailbox.",
    "https://learn.microsoft.com/graph/auth-limit-mailbox-access",
)
WRONG_CLOUD = Entry(
    "PRV817",
    "wrong-cloud",
    Exit.CONFIG,
    "the tenant lives in another cloud",
    "Its OpenID document names the Graph of another cloud than tenant.cloud.",
    "Set tenant.cloud to the cloud that the message names.",
    "https://learn.microsoft.com/graph/deployments",
)
NOT_PROVEN_YET = Entry(
    "PRV818",
    "not-proven-yet",
    Exit.DONE,
    "nothing failed, but that mail flows was not proven",
    "Only a message that was accepted proves it, and none was sent.",
    "Run 'provision verify' with --send-to and an address of your own.",
)

# 9xx: the rest

UNEXPECTED = Entry(
    "PRV900",
    "unexpected",
    Exit.FAILED,
    "something went wrong that this program did not foresee",
    "A defect in the program.",
    "Please report it with the file that the message names; it holds no secret.",
)
INTERRUPTED = Entry(
    "PRV901",
    "interrupted",
    Exit.INTERRUPTED,
    "interrupted",
    "Ctrl-C was pressed.",
    "Run again: the next run finds out what was done and goes on from there.",
)
DISK = Entry(
    "PRV902",
    "disk",
    Exit.FAILED,
    "a file of the program could not be written",
    "The disk is full, or the folder may not be written to.",
    "Make room, or run in a folder that you may write to.",
)

ENTRIES: dict[str, Entry] = {
    entry.name: entry for entry in list(globals().values()) if isinstance(entry, Entry)
}


def find(text: str) -> Entry | None:
    """Return the entry of that code or name, whatever its case; ``None`` if there is none."""
    wanted = text.strip().lower()
    return next((e for e in ENTRIES.values() if wanted in (e.code.lower(), e.name)), None)


def of_aadsts(codes: Iterable[int]) -> Entry | None:
    """Return the entry of the first of these AADSTS numbers that one is known for."""
    return next((e for code in codes for e in ENTRIES.values() if code in e.aadsts), None)


def of_graph(code: str | None) -> Entry | None:
    """Return the entry that Graph's or Exchange's error code stands for."""
    return next((e for e in ENTRIES.values() if code and code in e.graph), None)


def in_text(text: str) -> list[Entry]:
    """Return the entries whose codes stand in a text that somebody pasted, in its order.

    Codes alone are looked for, never wording, which Microsoft changes.
    """
    found: list[Entry] = []
    for word in _CODE.findall(text[:100_000]):
        number = re.fullmatch(r"(?i)AADSTS(\d+)", word)
        entry = of_aadsts([int(number[1])]) if number else of_graph(word) or find(word)
        if entry is not None and entry not in found:
            found.append(entry)
    return found


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,80}")


def near(text: str) -> str | None:
    """Return the code or name that was probably meant, or ``None``."""
    wanted = text.strip().lower()[:64]
    if wanted.startswith("prv"):  # a letter where a digit looks like it
        wanted = "prv" + wanted[3:].translate(str.maketrans("oil", "011"))
    names = [*ENTRIES, *(entry.code.lower() for entry in ENTRIES.values())]
    # Of those that are as near, the one that begins alike.
    found = max(
        get_close_matches(wanted, names, n=20), key=lambda name: _nearness(name, wanted), default=None
    )
    return found.upper() if found is not None and found.startswith("prv") else found


def _nearness(name: str, wanted: str) -> tuple[float, int]:
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, wanted, strict=False)))
    return SequenceMatcher(None, name, wanted).ratio(), alike
