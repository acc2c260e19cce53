"""PRV3xx: refused before anything is written."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

IDENTITY_CONFLICT = entry(
    "PRV300",
    "identity-conflict",
    Exit.REFUSED,
    "name and client_id mean two different applications",
    "An application with this uniqueName is there, and client_id names another.",
    "Decide which is meant: remove client_id, or choose another name.",
)
FOREIGN_UNIQUE_NAME = entry(
    "PRV301",
    "foreign-unique-name",
    Exit.REFUSED,
    "the name is taken by an application that this tool did not make",
    "Another tool (Bicep, for one) made an application with this uniqueName; it has no tag 'provision'.",
    "Choose another name, or adopt it with application.client_id.",
)
SOFT_DELETED = entry(
    "PRV302",
    "soft-deleted",
    Exit.REFUSED,
    "the application was deleted, and its name is still reserved",
    "A deleted application keeps its uniqueName for 30 days, until it is restored or removed for good.",
    "Run 'provision restore', or 'provision destroy --purge' to have the name free; or choose another name.",
    "https://learn.microsoft.com/entra/identity-platform/howto-restore-app",
)
OTHER_TENANTS_APPLICATION = entry(
    "PRV303",
    "other-tenants-application",
    Exit.REFUSED,
    "the application belongs to another tenant",
    "Only its service principal is here; the registration can be changed only in its home tenant.",
    "Set tenant.id to the home tenant, or remove client_id to make an application of your own.",
)
CLIENT_ID_NOT_FOUND = entry(
    "PRV304",
    "client-id-not-found",
    Exit.REFUSED,
    "the application to adopt is not there",
    "client_id is mistyped, is an object id, or belongs to another tenant.",
    "Copy 'Application (client) ID' from the registration's Overview page.",
)
MAILBOX_MISSING = finding(
    "PRV305",
    "mailbox-missing",
    Exit.REFUSED,
    "there is no mailbox at this address",
    "The address is mistyped, the user has no Exchange Online licence, or the mailbox is on-premises.",
    "Create or license the mailbox, or pass --allow mailbox-missing to go on without.",
    "https://learn.microsoft.com/graph/resolve-auth-errors",
    allowable=True,
    key="mail.address",
    address="mailbox",
)
SECRETS_BLOCKED = finding(
    "PRV306",
    "secrets-blocked",
    Exit.REFUSED,
    "the tenant's policy forbids client secrets",
    "An app management policy has the restriction passwordAddition in force for this application.",
    "Hand who runs Entra the request that 'provision plan' prints, a custom policy for this one application; "
    "then run again. --allow secrets-blocked asks Entra for the secret all the same.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicy",
    allowable=True,
    key="secret",
    address="client_secret",
)
UNSCOPED_GRANT = finding(
    "PRV307",
    "unscoped-grant",
    Exit.REFUSED,
    "the config limits mail to one mailbox, but Entra grants the permission for all of them",
    "The two add up: with the Entra grant in place the Exchange scope limits nothing.",
    "Run what 'provision exchange' prints, wait two hours, then remove the grant: docs/one-mailbox.md.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
    allowable=True,
    key="mail.scope",
    address="consent",
)
CUSTOM_CLOUD = entry(
    "PRV308",
    "custom-cloud",
    Exit.REFUSED,
    "the config sends credentials to hosts that are not Microsoft's",
    "tenant.cloud holds addresses instead of the name of a cloud.",
    "If you trust these hosts, pass --allow custom-cloud.",
    allowable=True,
)
COMMAND_SINK = entry(
    "PRV309",
    "command-sink",
    Exit.REFUSED,
    "the config runs a command in a pipeline",
    "A command sink runs what the config names; in a pull request that is a stranger's choice.",
    "If you trust the config, pass --allow command-sink.",
    allowable=True,
)
CHANGED_MEANWHILE = entry(
    "PRV310",
    "changed-meanwhile",
    Exit.REFUSED,
    "somebody changed the tenant while this ran",
    "What was to be created came into being between the look and the write.",
    "Run plan again and look at what it says now.",
)

NOT_APPLIED = entry(
    "PRV311",
    "not-applied",
    Exit.FAILED,
    "there is nothing to show yet",
    "No application of this config is in the tenant.",
    "Run 'provision apply' first.",
)

SECRET_LIMIT = finding(
    "PRV312",
    "secret-limit",
    Exit.REFUSED,
    "the application has as many secrets as it may have",
    "With personal Microsoft accounts in its audience, Entra keeps two secrets an application.",
    "Remove one that nobody uses in the portal (Certificates & secrets), or set sign_in_audience to "
    "AzureADMyOrg. Secrets of others are never removed here.",
    "https://learn.microsoft.com/entra/identity-platform/supported-accounts-validation",
    key="secret",
    address="client_secret",
)
BUSY = entry(
    "PRV313",
    "busy",
    Exit.REFUSED,
    "another run works on the same application",
    "Two runs side by side could make two secrets where one is meant.",
    "Wait until the other run has ended, and run again.",
)
NOT_OURS = entry(
    "PRV314",
    "not-ours",
    Exit.REFUSED,
    "this secret is not one to revoke here",
    "--revoke removes a secret that carries this config's mark and that nothing says was delivered.",
    "For a delivered one use 'rotate --confirm' or 'rotate --emergency'; remove others in the portal.",
)
WRONG_SECRET = entry(
    "PRV315",
    "wrong-secret",
    Exit.REFUSED,
    "this is not the new secret",
    "What is entered in the product must be the Value of the newest secret before the older one may go.",
    "Enter the Value that was delivered last, and confirm again. Nothing was removed.",
)
NOT_PROVEN = entry(
    "PRV316",
    "not-proven",
    Exit.REFUSED,
    "the new secret does not sign in",
    "The token endpoint refused it. Right after a secret was made, Entra may not know it everywhere yet.",
    "Compare it with what was delivered, wait a minute, and confirm again. Nothing was removed.",
    "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
)
SINK_HOST = entry(
    "PRV322",
    "sink-host",
    Exit.REFUSED,
    "the config sends the secret to a host that is not known",
    "A sink in the config names a host that is neither Azure's nor Azure DevOps's own; in a pull request "
    "that is a stranger's choice.",
    "If you trust this host, pass --allow sink-host.",
    allowable=True,
)
SHORTER_LIFE = finding(
    "PRV330",
    "shorter-life",
    Exit.REFUSED,
    "the new secret would end before the one that it replaces",
    "The tenant's policy, or secret.lifetime, became shorter since the present one was made. Whoever enters "
    "the new one in time would lose it first.",
    "Wait until the present one has less left than that, have the policy changed, or pass --allow "
    "shorter-life and enter the new one at once: its own end is then the last day.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicy",
    allowable=True,
    key="secret.lifetime",
    address="client_secret",
)
PROOF_NEEDED = entry(
    "PRV331",
    "proof-needed",
    Exit.REFUSED,
    "it is not certain which secret is entered, and no value was shown",
    "More than two delivered secrets are alive: a renewal came due before an earlier one was confirmed, or "
    "'rotate --again' was interrupted. The one that is entered may be among those that would be removed.",
    "Give the value that is entered: --secret-from SINK, or - for standard input. If you know that the "
    "newest one is entered, pass --allow proof-needed. Nothing was removed.",
    allowable=True,
)
ANOTHER_RUN = entry(
    "PRV332",
    "another-run",
    Exit.REFUSED,
    "another run makes a secret of this application at the same time",
    "A secret of ours is there that nothing says was delivered. Its run may be about to deliver it, or was "
    "killed less than ten minutes ago.",
    "Run again in a few minutes; ten minutes after it was made it holds nobody back. If you know that its "
    "run is over, remove it at once: 'provision rotate CONFIG --revoke KEYID'.",
)
SECRET_TOO_OLD = entry(
    "PRV333",
    "secret-too-old",
    Exit.REFUSED,
    "the new secret was not handed over in time, so it was revoked",
    "Ten minutes after a secret was made, other runs take it for one that nobody will ever get. The machine "
    "slept, or a question was answered late.",
    "Run again.",
)
TWO_DELIVERED = finding(
    "PRV334",
    "two-delivered",
    Exit.FAILED,
    "two runs at the same time each handed over a secret, for one and the same purpose",
    "A run was killed between a delivery and its record, took more than ten minutes over it, or Entra's "
    "servers did not know of it yet.",
    "Enter the newer one in the product, then run 'provision rotate CONFIG --confirm' with its value: that "
    "revokes the other. Whoever does not have it runs 'provision rotate CONFIG --again' (neither is entered) "
    "or '--emergency'.",
    key="secret",
    address="client_secret",
)
REVOKED_MEANWHILE = entry(
    "PRV335",
    "revoked-meanwhile",
    Exit.FAILED,
    "the secret that was delivered is not there any more",
    "Another run, or a person, revoked it right after.",
    "Do not enter it. Run 'provision show CONFIG' to see which one counts.",
)

REHEARSAL_DELIVERY = entry(
    "PRV323",
    "rehearsal-delivery",
    Exit.REFUSED,
    "a rehearsal does not deliver to a service or a command",
    "--sandbox touches nothing real. So a file under .provision takes the secret in place of the service or "
    "the command that --deliver names.",
    "To try the delivery itself with the rehearsal's worthless secret, pass --allow rehearsal-delivery. A "
    "place that holds a real secret is refused all the same.",
    allowable=True,
)
SECRET_IN_WORKTREE = finding(
    "PRV324",
    "secret-in-worktree",
    Exit.REFUSED,
    "git would take the secret's file: it is in a work tree, and nothing ignores it",
    "The next 'git add -A' would put the secret into the repository's history, for everybody who has it.",
    "Add the line that the message names to the work tree's .gitignore, choose a path outside, or pass "
    "--allow secret-in-worktree.",
    "https://git-scm.com/docs/gitignore",
    allowable=True,
    key="secret.delivery",
    address="client_secret",
)
PLAN_FILE = entry(
    "PRV317",
    "plan-file",
    Exit.REFUSED,
    "the plan file cannot be used",
    "It is cut off, was changed, expired, is of a newer version, or is no plan at all.",
    "Make a new one with 'provision plan --out FILE', and have it approved again. Nothing was written.",
)
STALE_PLAN = entry(
    "PRV318",
    "stale-plan",
    Exit.REFUSED,
    "what would be done now is not what was approved",
    "The config, the tenant or the steps changed since the plan was made.",
    "Run plan again, look at what it says now, and have that approved. Nothing was written.",
)
DELIVERY_CHANGED = entry(
    "PRV319",
    "delivery-changed",
    Exit.REFUSED,
    "the secret would go to another place than was planned",
    "--deliver, or a rehearsal's stand-in, names another sink than the saved plan.",
    "Pass the same --deliver to plan and apply, or --allow delivery-changed.",
    allowable=True,
)
AUDIENCE_WIDENED = finding(
    "PRV320",
    "audience-widened",
    Exit.REFUSED,
    "the application would be opened to other tenants' accounts",
    "sign_in_audience is to change from this tenant's accounts to a wider one.",
    "Set application.sign_in_audience to AzureADMyOrg, or pass --allow audience-widened.",
    "https://learn.microsoft.com/entra/identity-platform/howto-modify-supported-accounts",
    allowable=True,
    key="application.sign_in_audience",
    address="application.signInAudience",
)
MANY_CHANGES = finding(
    "PRV321",
    "many-changes",
    Exit.REFUSED,
    "one run would change very much",
    "More than 50 changes in one run are more often a mistake in a shared file than meant.",
    "Look at the plan; if it is meant, pass --allow many-changes, or apply the configs in parts.",
    allowable=True,
    key="name",
    address="application",
)

SINK_TENANT = entry(
    "PRV325",
    "sink-tenant",
    Exit.REFUSED,
    "the config sends the secret to another tenant, or as another identity, by its own word",
    "A sink in the config names a tenant other than the config's, or an application that signs in to it; in "
    "a pull request that is a stranger's choice, so it must be named outside the config, too.",
    "If you trust it, set PROVISION_SINK_TENANTS, where the run is started, to what the message names.",
)
SCOPE_IS_ORGANIZATION = entry(
    "PRV340",
    "scope-is-organization",
    Exit.REFUSED,
    "there is nothing for Exchange to limit: mail.scope is organization",
    "With mail.scope: organization the grant in Entra reaches every mailbox, whatever Exchange says.",
    "Set mail.scope: mailbox in the config first; docs/one-mailbox.md has the order without an outage.",
    "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
)
POWERSHELL_MISSING = entry(
    "PRV341",
    "powershell-missing",
    Exit.REFUSED,
    "the Exchange script cannot be run on this machine",
    "It needs PowerShell (pwsh) and the module ExchangeOnlineManagement.",
    "Save the script with --out, and give it to an Exchange administrator; or install both.",
    "https://learn.microsoft.com/powershell/exchange/exchange-online-powershell-v2",
)
EXCHANGE_RUN = entry(
    "PRV342",
    "exchange-run",
    Exit.REFUSED,
    "the Exchange script is not run in a pipeline unless it is allowed",
    "A config in a pull request would decide who may send from which mailbox.",
    "Let an Exchange administrator run it, or pass --allow exchange-run.",
    allowable=True,
)
EXCHANGE_SCRIPT_FAILED = entry(
    "PRV343",
    "exchange-script-failed",
    Exit.FAILED,
    "the Exchange script ended with an error",
    "PowerShell's own words stand above. What the script had made by then stays.",
    "Put right what it names and run it again: it goes on where it ended.",
)
