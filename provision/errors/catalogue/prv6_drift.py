"""PRV62x, PRV63x: what ``drift`` finds beside the changes that are due.

``error`` is what gives somebody a way to act as the application, gives it more than it needs, or stops the
mail; ``warning`` any other thing undeclared.
"""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import finding

DIFFERS = finding(
    "PRV620",
    "differs-from-config",
    Exit.ATTENTION,
    "something declared is otherwise in the tenant",
    "Somebody changed it, or the config was changed and not applied.",
    "Run 'provision apply' to make it as declared, or change the config.",
    key="application",
    address="application",
)
APPLICATION_MISSING = finding(
    "PRV621",
    "application-missing",
    Exit.ATTENTION,
    "the application is not there",
    "It was never applied, or somebody removed it and purged it.",
    "Run 'provision apply' to make it.",
    key="name",
    address="application",
)
PRINCIPAL_MISSING = finding(
    "PRV622",
    "principal-missing",
    Exit.ATTENTION,
    "the application has no service principal: no token will be issued",
    "Somebody removed the enterprise application, and its grants with it.",
    "Run 'provision apply' to make it, and the grant, again.",
    key="name",
    address="service_principal",
)
MAIL_NOT_GRANTED = finding(
    "PRV623",
    "mail-not-granted",
    Exit.ATTENTION,
    "the permission is not granted: no mail will be sent, or read",
    "An administrator took the consent back, or none ever gave it.",
    "Run 'provision apply' or send the consent link; if it was there before, find out who revoked it.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
    key="consent",
    address="consent",
)
SECRET_DUE = finding(
    "PRV624",
    "secret-due",
    Exit.ATTENTION,
    "a client secret is to be made",
    "The delivered one was removed, has ended, or is due for renewal.",
    "Run 'provision apply'.",
    key="secret",
    address="client_secret",
)
UNDECLARED_SECRET = finding(
    "PRV625",
    "undeclared-secret",
    Exit.ATTENTION,
    "there is a client secret that was not made here",
    "Whoever has its value can send mail as anybody whom the application may send as.",
    "Find out who uses it, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/passwordcredential",
    key="secret",
    address="client_secret",
)
UNDECLARED_CERTIFICATE = finding(
    "PRV626",
    "undeclared-certificate",
    Exit.ATTENTION,
    "there is a certificate, and none is declared",
    "Whoever has its private key can sign in as the application.",
    "Find out whose it is, and remove it in the portal (Certificates & secrets); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/keycredential",
    key="application",
    address="application.keyCredentials",
)
UNDECLARED_FEDERATED_CREDENTIAL = finding(
    "PRV627",
    "undeclared-federated-credential",
    Exit.ATTENTION,
    "there is a federated credential, and none is declared",
    "Whoever gets a token from its issuer for its subject can sign in as the application, without a secret.",
    "Find out what signs in with it, and remove it in the portal (Certificates & secrets > Federated "
    "credentials); or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/federatedidentitycredential",
    key="application",
    address="application.federatedIdentityCredentials",
)
UNDECLARED_REDIRECT_URI = finding(
    "PRV628",
    "undeclared-redirect-uri",
    Exit.ATTENTION,
    "there is a redirect URI that is not declared",
    "Entra sends whoever signs in, and the code or token with them, to any of these addresses.",
    "Remove it in the portal (Authentication), declare it in application.redirect_uris, or ignore it with a "
    "reason.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
    key="application.redirect_uris",
    address="application.redirectUris",
)
UNDECLARED_PERMISSION = finding(
    "PRV629",
    "undeclared-permission",
    Exit.ATTENTION,
    "the application asks for a permission that is not declared",
    "The next administrator who presses 'Grant admin consent' grants it.",
    "Remove it in the portal (API permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/requiredresourceaccess",
    key="application",
    address="application.requiredResourceAccess",
)
UNDECLARED_GRANT = finding(
    "PRV630",
    "undeclared-grant",
    Exit.ATTENTION,
    "the application was granted a permission that is not declared",
    "It may do more than send mail, whether or not it asks for it.",
    "Revoke it in the portal (Enterprise applications > Permissions), or ignore it with a reason.",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
    key="consent",
    address="consent",
)
UNDECLARED_OWNER = finding(
    "PRV631",
    "undeclared-owner",
    Exit.ATTENTION,
    "there is an owner that is not declared",
    "An owner may add a secret, and so sign in as the application.",
    "Remove the owner in the portal (Owners), declare it in application.owners, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/application-list-owners",
    key="application.owners",
    address="application.owners",
)
IMPLICIT_GRANT = finding(
    "PRV632",
    "implicit-grant",
    Exit.ATTENTION,
    "tokens are issued in the address of a page (implicit grant)",
    "Somebody switched it on; sending mail needs none of it.",
    "Switch it off in the portal (Authentication > Implicit grant and hybrid flows).",
    "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-implicit-grant-flow",
    key="application",
    address="application.web.implicitGrantSettings",
)
PUBLIC_CLIENT = finding(
    "PRV633",
    "public-client",
    Exit.ATTENTION,
    "sign-in without a secret is allowed (public client flows)",
    "Somebody switched it on; device codes and passwords of users are then taken without a secret.",
    "Switch it off in the portal (Authentication > Allow public client flows).",
    "https://learn.microsoft.com/graph/api/resources/application",
    key="application",
    address="application.isFallbackPublicClient",
)
UNDECLARED_SETTING = finding(
    "PRV634",
    "undeclared-setting",
    Exit.ATTENTION,
    "a setting is not as this tool leaves it",
    "Somebody set an address, or made the application an API for others; sending mail needs none of it.",
    "Take it out in the portal, or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/application",
    key="application",
    address="application",
)
REGISTRATION_DISABLED = finding(
    "PRV635",
    "registration-disabled",
    Exit.DONE,
    "the application is deactivated: no token will be issued",
    "Somebody, or Microsoft, deactivated the registration.",
    "Find out why before you activate it in the portal (App registrations > Overview).",
    "https://learn.microsoft.com/entra/identity/enterprise-apps/deactivate-app-registration",
    key="name",
    address="application",
)
ASSIGNMENT_REQUIRED = finding(
    "PRV636",
    "assignment-required",
    Exit.ATTENTION,
    "users must be assigned to the application to sign in",
    "Somebody set 'Assignment required' to Yes on the enterprise application.",
    "Set it to No in the portal (Enterprise applications > Properties), or ignore it with a reason.",
    "https://learn.microsoft.com/graph/api/resources/serviceprincipal",
    key="name",
    address="service_principal.appRoleAssignmentRequired",
)
STALE_RECORD = finding(
    "PRV637",
    "stale-record",
    Exit.ATTENTION,
    "a record of a delivery names a secret that is not there",
    "Somebody removed the secret, or put the tag there: a secret made with that key id would be trusted.",
    "Run 'provision apply CONFIG', which makes a new secret if the newest is gone. If the product uses the "
    "one that is gone, enter the newest now. Then run 'provision rotate CONFIG --confirm', which drops the "
    "record.",
    key="secret",
    address="application.tags",
)
UNUSED_IGNORE = finding(
    "PRV638",
    "unused-ignore",
    Exit.DONE,
    "an entry of drift.ignore matches nothing",
    "What it names is gone, is another value now, or could not be read.",
    "Remove it from the config, so that it does not hide what comes next.",
    key="drift.ignore",
    address="config.drift.ignore",
)
VERIFIED_PUBLISHER = finding(
    "PRV649",
    "verified-publisher",
    Exit.DONE,
    "the registration has a verified publisher",
    "Whoever publishes it has had it verified, which is shown to those who consent: it is hardly one that "
    "was made to send mail alone. provision neither sets nor removes it.",
    "See that it is the registration that is meant, and that its publisher knows of this config.",
    "https://learn.microsoft.com/graph/api/resources/verifiedpublisher",
    key="application.client_id",
    address="application.verifiedPublisher",
)
PRINCIPAL_LOCKED = finding(
    "PRV650",
    "principal-locked",
    Exit.DONE,
    "the registration locks properties of its service principals",
    "The app instance property lock is on (servicePrincipalLockConfiguration): what it names cannot be "
    "changed on the service principal. Secrets of the registration are not of these.",
    "Where a credential of the service principal itself is to be removed, switch the lock off first (App "
    "registrations > Authentication).",
    "https://learn.microsoft.com/graph/api/resources/serviceprincipallockconfiguration",
    key="application.client_id",
    address="application.servicePrincipalLockConfiguration",
)
