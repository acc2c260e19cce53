"""What people write for the keys and words of a config, and what they mean by it.

Read by :func:`provision.likeness.nearest` before likeness is asked: a word of this table looks like another
key, or is how another tool calls the same thing. An empty entry says that no key is meant, however alike.
Words are as :func:`provision.likeness.plainly` returns them; what is meant is the key's whole path.
"""

from __future__ import annotations

from provision.likeness import Meanings

_ADDRESS = ("mail.address",)
_CLIENT = ("application.client_id",)
_URL = ("application.admin_url",)
_URIS = ("application.redirect_uris",)
_TENANT = ("tenant.id",)
_LIFETIME = ("secret.lifetime",)
_RENEW = ("secret.renew_before",)
_DELIVERY = ("secret.delivery",)
_SCOPE = ("mail.scope",)

# Wherever it stands.
_ANYWHERE: dict[str, tuple[str, ...]] = {
    "tenantid": _TENANT, "directoryid": _TENANT, "tenantname": _TENANT, "primarydomain": _TENANT,
    "azureenvironment": ("tenant.cloud",), "nationalcloud": ("tenant.cloud",), "cloudname": ("tenant.cloud",),
    "appid": _CLIENT, "applicationid": _CLIENT, "clientid": _CLIENT, "oauthclientid": _CLIENT,
    # An object id is not a client id, and the two are mixed up often enough.
    "objectid": (), "applicationobjectid": (), "principalid": (), "serviceprincipalid": (),
    "appname": ("application.display_name",), "displayname": ("application.display_name",),
    "adminuri": _URL, "baseurl": _URL, "siteurl": _URL,
    "redirecturi": _URIS, "redirecturl": _URIS, "redirecturls": _URIS, "replyurl": _URIS, "replyurls": _URIS,
    "replyuris": _URIS, "callbackurl": _URIS, "callbackurls": _URIS,
    "audience": ("application.sign_in_audience",), "accounttypes": ("application.sign_in_audience",),
    "email": _ADDRESS, "emailaddress": _ADDRESS, "mailaddress": _ADDRESS, "mailbox": _ADDRESS,
    "from": _ADDRESS, "fromaddress": _ADDRESS, "sender": _ADDRESS, "smtpaddress": _ADDRESS, "upn": _ADDRESS,
    "userprincipalname": _ADDRESS,
    "scopes": _SCOPE, "mailboxscope": _SCOPE,
    "permission": (), "permissions": (), "roles": (), "apipermissions": (),
    "expires": _LIFETIME, "expiry": _LIFETIME, "expiresin": _LIFETIME, "validity": _LIFETIME,
    "validfor": _LIFETIME, "duration": _LIFETIME, "enddate": _LIFETIME, "ttl": _LIFETIME,
    "renew": _RENEW, "renewal": _RENEW, "renewbeforedays": _RENEW, "rotatebefore": _RENEW,
    "rotation": _RENEW, "rotate": _RENEW,
    "deliver": _DELIVERY, "deliverto": _DELIVERY, "sink": _DELIVERY, "sinks": _DELIVERY,
    "destination": _DELIVERY, "keyvault": _DELIVERY,
    "extend": ("extends",), "base": ("extends",), "inherits": ("extends",), "include": ("extends",),
    "adminconsent": ("consent",), "grant": ("consent",),
    "ignore": ("drift.ignore",), "ignores": ("drift.ignore",),
    "apiversion": ("version",), "schemaversion": ("version",),
    "environment": (), "region": (), "tags": (), "value": (), "key": (), "password": (),
}  # fmt: skip

# Within one section a plain word means something of that section, or nothing: not the key of another.
_WITHIN: dict[str, dict[str, tuple[str, ...]]] = {
    "": {"id": (), "description": ()},
    "tenant": {
        "guid": _TENANT, "name": _TENANT, "domain": _TENANT, "environment": ("tenant.cloud",),
        "address": (), "description": (), "notes": (),
    },
    "application": {
        "name": ("application.display_name",), "id": _CLIENT, "guid": _CLIENT,
        "title": ("application.display_name",),
        "url": _URL, "uri": (), "address": (), "homepage": (), "description": ("application.notes",),
        "comment": ("application.notes",), "note": ("application.notes",),
        "tenancy": ("application.sign_in_audience",),
    },
    "mail": {
        "id": (), "name": (), "to": (), "user": _ADDRESS, "description": (), "displayname": (), "url": (),
    },
    "secret": {
        "id": (), "keyid": (), "text": (), "name": ("secret.description",),
        "displayname": ("secret.description",),
        "title": ("secret.description",), "notes": ("secret.description",), "path": _DELIVERY,
        "file": _DELIVERY,
        "store": _DELIVERY, "output": _DELIVERY, "lifetimedays": _LIFETIME, "scope": (), "address": (),
        "days": _LIFETIME,
    },
    "drift": {"name": (), "allow": ("drift.ignore",), "except": ("drift.ignore",)},
    "ignore": {
        "name": ("finding",), "code": ("finding",), "id": (), "why": ("reason",), "comment": ("reason",),
        "description": ("reason",), "match": ("value",),
    },
    "delivery": {
        "vault": ("key_vault",), "azurekeyvault": ("key_vault",), "akv": ("key_vault",), "kv": ("key_vault",),
        "keyvault": ("key_vault",), "gh": ("github",), "githubactions": ("github",), "ado": ("azure_devops",),
        "devops": ("azure_devops",), "azuredevops": ("azure_devops",), "azurepipelines": ("azure_devops",),
        "cmd": ("command",), "exec": ("command",), "script": ("command",),
    },
    "file": {"file": ("path",), "filename": ("path",), "name": ("path",), "to": ("path",), "key": ()},
    "command": {"cmd": ("argv",), "args": ("argv",), "command": ("argv",), "exec": ("argv",)},
    "key_vault": {
        "url": ("vault",), "name": ("vault",), "vaulturl": ("vault",), "vaultname": ("vault",),
        "secretname": ("secret",), "key": (),
    },
    "github": {"repo": ("repository",), "name": (), "secretname": ("secret",), "env": ("environment",)},
    "azure_devops": {
        "org": ("organization",), "organisation": ("organization",), "name": (), "url": ("organization",),
        "variablegroup": ("group",), "secret": ("variable",), "library": ("group",),
    },
}  # fmt: skip


def by_key(section: str) -> Meanings:
    """Return the meanings of the keys of one section; at the top its name is empty."""
    return {**_ANYWHERE, **_WITHIN.get(section, {})}


# Of the words that one key takes.
PRODUCTS: Meanings = {
    "foiaxpresscollaboration": ("collaboration",), "collab": ("collaboration",),
    "fxcollaboration": ("collaboration",),
    "foiaxpresspal": ("pal",), "publicaccesslink": ("pal",), "publicaccess": ("pal",), "portal": ("pal",),
    "fx": ("foiaxpress",), "foia": ("foiaxpress",), "foiaxpresssystem": ("foiaxpress",),
    "foiaexpress": ("foiaxpress",), "ecasefoia": (), "casepoint": (), "case": ("ecase",), "mail": (),
}  # fmt: skip
AUDIENCES: Meanings = {
    "single": ("AzureADMyOrg",), "singletenant": ("AzureADMyOrg",), "myorg": ("AzureADMyOrg",),
    "org": ("AzureADMyOrg",),
    "azureadorg": ("AzureADMyOrg", "AzureADMultipleOrgs"), "azureadorgs": ("AzureADMultipleOrgs",),
    "multi": ("AzureADMultipleOrgs",), "multitenant": ("AzureADMultipleOrgs",),
    "multipleorgs": ("AzureADMultipleOrgs",),
    "azureadmyorgs": ("AzureADMyOrg", "AzureADMultipleOrgs"),
    "common": ("AzureADandPersonalMicrosoftAccount",),
    "personal": ("PersonalMicrosoftAccount", "AzureADandPersonalMicrosoftAccount"), "all": (),
    "consumers": ("PersonalMicrosoftAccount",), "organizations": ("AzureADMultipleOrgs",),
}  # fmt: skip
SCOPES: Meanings = {
    "organisation": ("organization",), "org": ("organization",), "tenant": ("organization",),
    "all": ("organization",),
    "allmailboxes": ("organization",), "everyone": ("organization",), "user": ("mailbox",),
    "single": ("mailbox",),
    "mailboxes": ("mailbox", "organization"), "onemailbox": ("mailbox",), "mailsend": (),
    "rbac": ("mailbox",),
    "shared": (), "exchange": ("mailbox",),
}  # fmt: skip
CONSENTS: Meanings = {
    "granted": ("grant",), "auto": ("grant",), "automatic": ("grant",), "admin": ("grant", "handoff"),
    "manual": ("handoff",), "none": ("handoff",), "skip": ("handoff",), "link": ("handoff",),
    "never": ("handoff",),
    "handover": ("handoff",), "request": ("handoff",), "required": ("grant", "handoff"), "yes": ("grant",),
    "no": ("handoff",),
}  # fmt: skip
