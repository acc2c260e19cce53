"""PRV2xx: the configuration."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

CONFIG_NOT_FOUND = entry(
    "PRV200",
    "config-not-found",
    Exit.CONFIG,
    "no such config",
    "The path, folder or glob names no YAML file.",
    "Check the path; a folder must hold *.yaml or *.yml files.",
)
CONFIG_UNREADABLE = entry(
    "PRV201",
    "config-unreadable",
    Exit.CONFIG,
    "the config cannot be read",
    "The file may not be read, is no UTF-8 text, is empty or too large, or is a link out of its folder tree.",
    "Save it as UTF-8 text, and see that you may read it.",
)
YAML_SYNTAX = entry(
    "PRV202",
    "yaml-syntax",
    Exit.CONFIG,
    "the YAML cannot be read",
    "Most often a tab, a missing space after a colon, or a quote that is not closed.",
    "Indent with spaces and compare with an example: 'provision example'",
)
YAML_FEATURE = entry(
    "PRV203",
    "yaml-feature",
    Exit.CONFIG,
    "this YAML feature is not taken here",
    "Aliases, merge keys, tags and several documents in a file hide from a reviewer what a config says.",
    "Write the values out; share them between files with 'extends'.",
)
DUPLICATE_KEY = entry(
    "PRV204",
    "duplicate-key",
    Exit.CONFIG,
    "a key is written twice",
    "YAML would silently keep the last of them.",
    "Keep the one that is meant.",
)
UNKNOWN_KEY = entry(
    "PRV205",
    "unknown-key",
    Exit.CONFIG,
    "there is no such key",
    "A misspelt key would otherwise be ignored.",
    "Run 'provision schema' for the keys that there are.",
)
MISSING_KEY = entry(
    "PRV206",
    "missing-key",
    Exit.CONFIG,
    "a required key is missing",
    "version, name, tenant.id, application.admin_url (but where the product has no redirect URI) and "
    "mail.address have no default.",
    "Add it.",
)
WRONG_TYPE = entry(
    "PRV207",
    "wrong-type",
    Exit.CONFIG,
    "the value is of another kind than is meant here",
    "YAML reads no, on, 123 and 2026-01-01 as something other than text.",
    "Put text in quotes.",
)
INVALID_VALUE = entry(
    "PRV208",
    "invalid-value",
    Exit.CONFIG,
    "the value is not one that can work",
    "It breaks a rule of Microsoft Entra or of this tool.",
    "Write a value that keeps the rule in the message; configs/prod.yaml has an example of each.",
)
VARIABLE_UNSET = entry(
    "PRV209",
    "variable-unset",
    Exit.CONFIG,
    "a variable is not set",
    "${NAME} takes its value from --var or from the environment.",
    "Set it, pass --var NAME=VALUE, or give a default: ${NAME:-default}.",
)
VARIABLE_FORBIDDEN = entry(
    "PRV210",
    "variable-forbidden",
    Exit.CONFIG,
    "this variable may not be read by a config",
    "A config in a pull request is a stranger's text; it must not be able to put a credential into a plan. "
    "In a pipeline it reads only what --var gives and what PROVISION_ENV_ALLOW lists.",
    "Write the value itself, or use a variable whose name does not speak of a secret.",
)
EXTENDS = entry(
    "PRV211",
    "extends",
    Exit.CONFIG,
    "the file that this one extends cannot be used",
    "It is missing, no relative path, outside the folder tree, extends itself, or the chain is too long.",
    "Correct the path after 'extends'; it is relative to the file that it is written in.",
)
REDIRECT_URI = entry(
    "PRV212",
    "redirect-uri",
    Exit.CONFIG,
    "Entra does not take this redirect URI",
    "https only (http for localhost), 256 characters at most, none of ! $ ' ( ) , ; and no fragment.",
    "Correct application.admin_url or application.redirect_uris.",
    "https://learn.microsoft.com/entra/identity-platform/reply-url",
)
DUPLICATE_NAME = entry(
    "PRV213",
    "duplicate-name",
    Exit.CONFIG,
    "two configs mean the same application",
    "The name is the application's identity; two files of one name in one tenant would undo each other.",
    "Give each its own name, or name one file only.",
)
TENANT_NOT_FOUND = entry(
    "PRV214",
    "tenant-not-found",
    Exit.CONFIG,
    "there is no such tenant in this cloud",
    "tenant.id is mistyped, or tenant.cloud is another than the tenant's (GCC High and DoD have own hosts).",
    "Compare tenant.id with the Overview page of Microsoft Entra ID, and see that tenant.cloud is right.",
    "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
)
PRODUCT_FILE = entry(
    "PRV216",
    "product-file",
    Exit.CONFIG,
    "the file that describes the product cannot be used",
    "It is missing, named by no relative path, or outside the folder tree of the config.",
    "Correct the path after 'product'; it is relative to the file that it is written in.",
)
PRODUCT_PERMISSION = entry(
    "PRV217",
    "product-permission",
    Exit.CONFIG,
    "a product may not ask for this permission",
    "The permissions that a product can have are a closed list: Mail.Send, Mail.Read, Mail.ReadBasic.All and "
    "Mail.ReadWrite. No --allow lets another one pass.",
    "Write the least of these that the product needs.",
    "https://learn.microsoft.com/graph/permissions-reference",
)
IDENTITY = entry(
    "PRV218",
    "identity",
    Exit.CONFIG,
    "no identity that this run was given may sign in for this config",
    "Who signs in is decided where the run is started. tenant.auth chooses among the identities of "
    "--identities, and without it the one is taken that is for the config's tenant.",
    "Name one in tenant.auth that is for this tenant, or add it to the map of --identities (docs/fleet.md).",
)
