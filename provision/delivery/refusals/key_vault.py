"""How Azure Key Vault refuses. Which of several causes a 403 has is told by its inner code alone.

Source: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes; inner codes are on no page of
Microsoft's, so each rule names where users quote the answer.
"""

from __future__ import annotations

from datetime import datetime

from provision.delivery.refusals import Rule
from provision.delivery.service import ServiceError, Sort

ROLE = (
    "The role Key Vault Secrets Officer on the vault (or the permissions get and set of an access policy) is "
    "given by an Owner or User Access Administrator of the vault: "
    "https://learn.microsoft.com/azure/key-vault/general/rbac-guide"
)
MOST_TAGS = 15  # of a secret: https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-tags
_PAGE = "https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
_SIGN_IN = "See --auth for the ways to sign in, and that the sign-in is for the tenant of the vault."

RULES = (
    Rule(
        Sort.NETWORK,
        "Let this machine's address through under the vault's Networking, or run inside its network.",
        "https://github.com/hashicorp/terraform-provider-azurerm/issues/20742",
        codes=("ForbiddenByFirewall",),
    ),
    Rule(
        Sort.NETWORK,
        "The vault takes no connection from the public network: run where its private endpoint can be "
        "reached, such as on a runner of your own in its network.",
        "https://github.com/microsoft/multimodal-ai/issues/171",
        codes=("ForbiddenByConnection",),
    ),
    Rule(
        Sort.NETWORK,
        "Let this machine through under the vault's Networking or its network security perimeter, or run "
        "inside its network.",
        "https://github.com/Azure/azure-cli/issues/31406",
        statuses=(403,),
        words=r"NSP rules|caller is not a trusted service|caller was ignored|private link",
    ),
    Rule(
        Sort.STATE,
        "Enable the current version, or choose another name (secret): whose it is cannot be read.",
        "https://github.com/Azure/azure-sdk-for-js/blob/main/sdk/keyvault/keyvault-secrets/test/public/CRUD.spec.ts",
        codes=("SecretDisabled",),
    ),
    Rule(
        Sort.STATE,
        "Recover or purge it (az keyvault secret recover, or purge), or choose another name (secret).",
        "https://github.com/external-secrets/external-secrets/issues/3519",
        codes=("ObjectIsDeletedButRecoverable",),
    ),
    Rule(
        Sort.STATE,
        "Wait until it is deleted, then recover or purge it; or choose another name (secret).",
        "https://github.com/hashicorp/terraform-provider-azurerm/issues/10454",
        codes=("ObjectIsBeingDeleted",),
    ),
    Rule(
        Sort.SIGN_IN,
        "The vault belongs to another tenant than this sign-in. Name that tenant and an identity of it in "
        "the config (key_vault: tenant, client_id), and see docs/delivery.md.",
        "https://github.com/Azure/azure-sdk-for-js/issues/13036",
        statuses=(401,),
        words="AKV10032|invalid issuer",
    ),
    Rule(Sort.SIGN_IN, _SIGN_IN, _PAGE, statuses=(401,)),
    Rule(Sort.RIGHTS, ROLE, _PAGE, statuses=(403,)),
    Rule(
        Sort.LIMIT,
        "Run again later: https://learn.microsoft.com/azure/key-vault/general/overview-throttling",
        _PAGE,
        statuses=(429,),
    ),
    Rule(
        Sort.STATE,
        f"The vault takes {MOST_TAGS} tags of 256 characters on a secret: remove some from its current "
        "version, or choose another name (secret).",
        "https://github.com/hashicorp/terraform-provider-azurerm/issues/16780",
        statuses=(400,),
        words="invalid value",
    ),
)


def deleted(purged: datetime | None = None, level: str | None = None) -> ServiceError:
    """Return the refusal of a name that a deleted secret keeps, as long as it is not purged.

    Source: https://learn.microsoft.com/rest/api/keyvault/secrets/get-deleted-secret/get-deleted-secret
    """
    fix = "Recover or purge it (az keyvault secret recover, or purge), or choose another name (secret)."
    if level is not None and "purgeable" not in level.lower():
        until = f" before {purged:%Y-%m-%d}" if purged else ""
        fix = (
            f"It cannot be purged{until}: recover it (az keyvault secret recover), or choose another name "
            "(secret)."
        )
    return ServiceError(
        "a deleted secret of this name is still in the vault, which keeps the name",
        fix=fix,
        status=409,
        code="ObjectIsDeletedButRecoverable",
        sort=Sort.STATE,
    )
