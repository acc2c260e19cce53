"""PRV4xx: sign-in and Graph."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry, finding

UNREACHABLE = entry(
    "PRV400",
    "unreachable",
    Exit.UNREACHABLE,
    "the service cannot be reached",
    "No network, a proxy, a firewall, a DNS name or a certificate is in the way.",
    "Check the connection to the host in the message; behind a proxy set HTTPS_PROXY, "
    "with a private CA set SSL_CERT_FILE.",
)
THROTTLED = entry(
    "PRV401",
    "throttled",
    Exit.UNREACHABLE,
    "the service stayed busy",
    "It answered 'too many requests' or 'unavailable' until the time allowed was over.",
    "Wait some minutes and run again; what was done is kept and found again.",
    "https://learn.microsoft.com/graph/throttling",
)
NO_PERMISSION = entry(
    "PRV402",
    "no-permission",
    Exit.NO_PERMISSION,
    "a right of this identity is missing",
    "Graph refused the call for want of a permission or a directory role.",
    "Sign in as somebody who has the right that the message names, or have it granted.",
    "https://learn.microsoft.com/graph/permissions-reference",
)
SIGN_IN = entry(
    "PRV403",
    "sign-in",
    Exit.NO_PERMISSION,
    "sign-in failed",
    "No credential was found, or Entra refused the one that was.",
    "Sign in with 'az login', set AZURE_CLIENT_ID, AZURE_TENANT_ID and a credential, "
    "or choose another way with --auth.",
    "https://learn.microsoft.com/python/api/overview/azure/identity-readme",
)
GRAPH_REFUSED = entry(
    "PRV404",
    "graph-refused",
    Exit.FAILED,
    "Microsoft Graph refused the request",
    "The message is Graph's own.",
    "Read Graph's message; give its request id to Microsoft's support if it stays unclear.",
)
GRAPH_ANSWER = entry(
    "PRV405",
    "graph-answer",
    Exit.FAILED,
    "the answer is not what Graph documents",
    "Something between here and Graph answered in its place, or Graph changed.",
    "Look whether a proxy answers; otherwise report it with the request id.",
)
ROLE_NOT_FOUND = entry(
    "PRV406",
    "role-not-found",
    Exit.FAILED,
    "this tenant's Microsoft Graph offers no such permission",
    "The role is looked up by name in the tenant and was not found there.",
    "See that tenant.cloud is right; the permission may not exist in that cloud.",
)
LIFETIME_REFUSED = entry(
    "PRV407",
    "lifetime-refused",
    Exit.REFUSED,
    "policy refused the secret's lifetime",
    "An app management policy allows less than was asked for, and did not say so when it was read.",
    "Set secret.lifetime shorter, below what the policy allows.",
    "https://learn.microsoft.com/graph/api/resources/appmanagementpolicy",
)

NOT_SPREAD_YET = entry(
    "PRV408",
    "not-spread-yet",
    Exit.UNREACHABLE,
    "Entra does not know the new object everywhere yet",
    "A new object may be missing on some servers for a minute, in bad times for twenty.",
    "Wait some minutes and run again: what was made is found again, and nothing is made twice.",
    "https://learn.microsoft.com/graph/best-practices-concept",
)
WRITTEN_TO_BY_OTHERS = entry(
    "PRV409",
    "written-to-by-others",
    Exit.UNREACHABLE,
    "others kept writing to the same object",
    "Entra refuses writes that come too close together, whoever sends them.",
    "Wait a minute and run again; what was done is kept.",
    "https://learn.microsoft.com/graph/errors",
)
OWNER_NOT_FOUND = finding(
    "PRV410",
    "owner-not-found",
    Exit.REFUSED,
    "application.owners names somebody who is not in the tenant",
    "An owner is named by the object id of a user or a service principal; an application's own object id, or "
    "its client id, is another.",
    "Correct application.owners and run again; what was done is kept.",
    "https://learn.microsoft.com/graph/api/application-post-owners",
    key="application.owners",
    address="application.owners",
)
OTHER_OBJECT = entry(
    "PRV411",
    "other-object",
    Exit.FAILED,
    "the answer is about another object than the one that was asked for",
    "Something between here and Graph mixed up two answers, or Graph did. Nothing more was written for this "
    "config: a write that goes by such an answer would be a write to somebody else's object.",
    "Run plan again; if it is said again, look whether a proxy answers, and report it with the request id.",
)
