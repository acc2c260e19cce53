"""PRV1xx: the command line."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

USAGE = entry(
    "PRV100",
    "usage",
    Exit.USAGE,
    "the command line is wrong",
    "A command, an option or a value is not one that the program knows.",
    "Run the command with --help.",
)
NOT_INTERACTIVE = entry(
    "PRV101",
    "not-interactive",
    Exit.USAGE,
    "no terminal to ask on",
    "apply asks before it writes, and neither a terminal nor --yes is there.",
    "Look at the plan, then run again with --yes.",
)
TERMINAL_SINK = entry(
    "PRV102",
    "terminal-sink",
    Exit.USAGE,
    "the secret cannot be shown: there is no terminal",
    "The delivery 'terminal' shows the secret once on a screen; in a pipe it would end up in a log.",
    "Choose another delivery: --deliver file:PATH, or secret.delivery in the config.",
)
UNKNOWN_CODE = entry(
    "PRV103",
    "unknown-code",
    Exit.USAGE,
    "no such error code",
    "explain knows the codes and names of its own catalogue.",
    "Run 'provision explain' alone to list them.",
)
CLIENT_ID_UNKNOWN = entry(
    "PRV105",
    "client-id-unknown",
    Exit.USAGE,
    "the OAuth Client ID is not known",
    "The application is not there yet, or this identity may not look for it.",
    "Pass --client-id with the OAuth Client ID of System Settings, or sign in as somebody who may look.",
)
CI_VARIABLES = entry(
    "PRV106",
    "ci-variables",
    Exit.USAGE,
    "the pipeline's variables are not what they should be",
    "--ci writes outputs and a summary where the pipeline says; it is found by GITHUB_ACTIONS or TF_BUILD. "
    "A container that only some variables were handed to is the usual reason.",
    "Hand the variable on, or pass --ci none to go on without. Nothing was done.",
    "https://docs.github.com/actions/reference/workflows-and-actions/variables",
)
MASK_UNHEARD = entry(
    "PRV107",
    "mask-unheard",
    Exit.USAGE,
    "the pipeline would not hear which value to mask",
    "A new secret is masked in the log before it is delivered, by a line on stderr that the pipeline takes "
    "out; stderr goes to a file or nowhere here, so the value would be kept there, or not be masked.",
    "Do not redirect stderr of a run that may make a secret, or pass --ci none.",
    "https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands",
)
CA_FILE = entry(
    "PRV108",
    "ca-file",
    Exit.USAGE,
    "the certificates that a variable names cannot be used",
    "SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_DIR names the certificates to trust in "
    "place of those that come with the program; what it names is not there, is no such file, or holds none.",
    "Name a file of certificates in the form PEM, or unset the variable. Nothing was sent.",
)
PROXY = entry(
    "PRV109",
    "proxy",
    Exit.USAGE,
    "the proxy that a variable names cannot be used",
    "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, in capitals or small letters, is no address of a proxy that "
    "speaks HTTP. Its value is not shown, for it may hold a password.",
    "Write http://HOST:PORT, or http://NAME:PASSWORD@HOST:PORT with special signs as %40; or unset the "
    "variable. Nothing was sent. docs/network.md has all forms.",
)
SHARDS = entry(
    "PRV110",
    "shards",
    Exit.USAGE,
    "these are not the documents of all shards of one fleet",
    "combine takes the JSON that plan, apply, show, rotate or consent printed with --shard K/N, one file for "
    "each K from 1 to N.",
    "Run the shard that is missing again, and give each file once. What the others did is done.",
)
IDENTITIES = entry(
    "PRV111",
    "identities",
    Exit.USAGE,
    "the map of identities cannot be used",
    "--identities names a YAML file that says who signs in to which tenant. It holds names of variables and "
    "files, never a secret itself.",
    "Correct the file; docs/fleet.md has an example. Nothing was sent.",
)
DECLINED = entry(
    "PRV104",
    "declined",
    Exit.FAILED,
    "not applied: the answer was no",
    "The question before writing was not answered with yes.",
    "Nothing was written. Run again when the plan is right.",
)
