"""What SECURITY.md lists: hosts, calls, files, what each command writes; and that no more is sent."""

from __future__ import annotations

import ast
import os
import platform
import re
import socket
from collections.abc import Callable
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from provision.cli.main import VERBS
from provision.clouds import CLOUDS
from provision.delivery.key_vault import SUFFIXES as VAULTS
from provision.graph import client
from provision.network import current
from provision.network.clients import for_azure
from provision.sandbox.authorization.permissions import right_of
from provision.sandbox.serving.server import Server
from tests import calls
from tests.support import Program, write_config
from tools.docs.program import commands

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text()


def test_the_hosts_are_those_of_the_table() -> None:
    """Each cloud's row, in its order."""
    rows = re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert rows == [
        (name, cloud.graph.removeprefix("https://"), cloud.login.removeprefix("https://"))
        for name, cloud in CLOUDS.items()
    ]


@pytest.mark.parametrize("verb", ["plan", "doctor", "expiry"])
def test_no_other_host_is_asked(provision: Program, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """By any library: every look-up of a name goes through here, and finds nobody."""
    names: set[str] = set()

    def nobody(host: Any, *_: Any, **__: Any) -> Any:
        names.add(host.decode() if isinstance(host, bytes) else str(host))
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "11111111-2222-4333-8444-555555555555")
    assert provision(verb, write_config(), "--timeout", "1", "--auth", "environment").code != 0
    hosts = {host.removeprefix("https://") for host in (CLOUDS["global"].graph, CLOUDS["global"].login)}
    assert names
    assert names <= hosts


SINKS = (
    "key_vault: {vault: agency}",
    "github: {repository: agency/mail}",
    "azure_devops: {organization: 'https://dev.azure.com/agency', project: Mail, group: mail}",
)


@pytest.mark.parametrize("sink", SINKS, ids=lambda sink: sink.split(":")[0])
def test_a_rehearsal_asks_no_host(provision: Program, monkeypatch: pytest.MonkeyPatch, sink: str) -> None:
    """Nor the sink that the config names, whatever is done."""
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *host, **_: asked.append(host))
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda _, *address: asked.append(address))
    config = write_config(more=f"secret:\n  delivery:\n    {sink}\n")
    for verb, *more in (
        ("plan",),
        ("apply", "--yes"),
        ("show",),
        ("doctor",),
        ("rotate", "--again", "--yes"),
    ):
        ran = provision(verb, config, "--sandbox", *more)
        assert ran.code == 0, ran.err
    assert asked == []


PIPELINES = {"CI": "true", "TF_BUILD": "True", "GITLAB_CI": "true"}


@pytest.mark.parametrize("variable", PIPELINES)
def test_a_config_in_a_pipeline_reads_what_is_listed(
    provision: Program, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """By ``--var``, or by a name in PROVISION_ENV_ALLOW; a default does not hide that one is withheld."""
    monkeypatch.setenv("DATABASE_URL", "canary")
    monkeypatch.setenv("PLAIN", "fine")
    write_config(display_name='"${DATABASE_URL:-x} ${PLAIN}"')
    argv = ("validate", "prod.yaml", "--ci", "none", "-o", "json")
    assert provision(*argv).code == 0
    monkeypatch.setenv(variable, PIPELINES[variable])
    ran = provision(*argv)
    assert ran.code == 65
    assert "canary" not in ran.out + ran.err
    assert {"DATABASE_URL", "PLAIN"} <= set(re.findall(r"[A-Z_]{5,}", ran.out))
    assert "PROVISION_ENV_ALLOW" in ran.out
    assert provision(*argv, "--var", "DATABASE_URL=a", "--var", "PLAIN=b").code == 0
    monkeypatch.setenv("PROVISION_ENV_ALLOW", "PLAIN, DATABASE_URL")
    assert provision(*argv).code == 0
    assert provision("plan", "prod.yaml", "--ci", "none", "--sandbox").code == 0
    monkeypatch.setenv("PROVISION_ENV_ALLOW", "PLAIN")
    assert provision("plan", "prod.yaml", "--ci", "none", "--sandbox").code == 65


# Hosts that stand in a text for people, and are asked for nothing.
SHOWN = re.compile(
    r"(?:^|\.)(?:learn\.microsoft\.com|docs\.github\.com|portal\.azure\.(?:com|us|cn)|status\.cloud\.microsoft"
    r"|github\.com|agency\.(?:gov|example)|example|HOST|NAME)$|^(?:127\.0\.0\.1|localhost|HOST|NAME)"
)
LISTED = set(re.findall(r"`([\w-]+(?:\.[\w-]+)+)`", PAGE))


def literals(path: Path) -> list[str]:
    """Return the texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text())
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


def test_every_host_in_the_code_is_listed() -> None:
    """Of the rooms that talk to services: a host that stands there is in SECURITY.md, or only shown."""
    rooms = ("graph", "delivery", "network", "engine", "cli", "clouds.py", "products")
    files = [
        file
        for room in rooms
        for file in (ROOT / "provision" / room, *(ROOT / "provision" / room).rglob("*"))
    ]
    hosts = {
        host
        for file in files
        if file.suffix == ".py"
        for text in literals(file)
        for host in re.findall(r"(?:https?://)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", text)
    }
    assert {"graph.microsoft.com", "api.github.com"} <= hosts
    unlisted = {host for host in hosts - LISTED if not SHOWN.search(host)}
    assert not unlisted, f"in SECURITY.md, Hosts, or in SHOWN if it is only in a text for people: {unlisted}"
    assert set(VAULTS.values()) <= LISTED


def headers_of(ran: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The headers of all requests to Graph while something runs."""
    seen: dict[str, str] = {}
    send = httpx.ASGITransport.handle_async_request

    async def noted(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        seen.update({name.lower(): value for name, value in request.headers.items()})
        return await send(self, request)

    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", noted)
    ran()
    return seen


def test_graph_is_told_nothing_of_the_machine(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the SDK's own middleware it would be: the kernel's build, Python's version."""
    write_config()
    argv = ("apply", "prod.yaml", "--sandbox", "--yes", "--deliver", "file:out.secret")
    seen = headers_of(lambda: provision(*argv), monkeypatch)
    known = {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "authorization",
        "user-agent",
        "client-request-id",
        "content-type",
        "content-length",
        "consistencylevel",
        "prefer",
    }
    assert "authorization" in seen
    assert seen.keys() <= known
    assert re.fullmatch(r"python-httpx/[\d.]+ kiota-python/[\d.]+", seen["user-agent"])


def test_sign_in_is_told_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By MSAL it would be: system, processor, and how earlier sign-ins went; by azure-core the kernel."""
    found = find_spec("msal")
    assert found
    assert found.origin
    sources = [path.read_text() for path in Path(found.origin).parent.glob("*.py")]
    telling = {name for text in sources for name in re.findall(r"[\"'](x-(?:client|app)-[\w-]+)[\"']", text)}
    assert {"x-client-os", "x-client-sku"} <= telling
    sent: list[dict[str, str]] = []

    def answer(_: Any, request: Any, **__: Any) -> Any:
        sent.append({name.lower(): value for name, value in request.headers.items()})
        raise ServiceRequestError("nobody")

    monkeypatch.setattr(RequestsTransport, "send", answer)
    asked = HttpRequest("POST", "https://login.microsoftonline.com/x/oauth2/v2.0/token")
    asked.headers.update({name: platform.platform() for name in (*telling, "User-Agent", "Accept")})
    with for_azure(current()) as transport, pytest.raises(AzureError):
        transport.send(asked)
    (headers,) = sent
    assert headers.keys() & {name.lower() for name in telling} == set()
    assert "accept" in headers
    assert re.fullmatch(r"azsdk-python azure-core/[\d.]+", headers["user-agent"])


def test_no_trace_is_exported() -> None:
    """The SDK speaks OpenTelemetry; nothing here gives it a provider that would send anything."""
    from opentelemetry import trace

    assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    texts = [path.read_text() for path in (ROOT / "provision").rglob("*.py")]
    assert not [text for text in texts if "opentelemetry" in text]


def test_a_call_that_is_not_listed_fails_a_test() -> None:
    """The guard of ``tests/conftest.py``, by which every test of a run holds the table."""
    root = "https://graph.microsoft.com/v1.0"
    calls.refuse_unlisted("GET", f"{root}/applications?$top=5", root)
    calls.refuse_unlisted("GET", f"{root}/applications(uniqueName='a%20b')", root)
    for method, path in (("DELETE", "/applications"), ("GET", "/me/messages"), ("POST", "/applications/1")):
        with pytest.raises(AssertionError, match="does not list"):
            calls.refuse_unlisted(method, root + path, root)
    assert vars(client)["fixed"].__qualname__.startswith("guarded")


@pytest.mark.parametrize("call", calls.listed(), ids=lambda call: f"{call.method} {call.path}")
def test_each_call_takes_the_right_of_its_row(call: calls.Call) -> None:
    """As the sandbox's table has it, which is made from Microsoft's pages: one of each group alone."""
    pattern = (
        re.sub(r"\([^)]*\)", "/*", re.sub(r"\{[^}]*\}", "*", call.path)).strip("/").removeprefix("beta/")
    )
    right = right_of(call.method, pattern.replace("graph.", "microsoft.graph."))
    assert right is not None
    if not call.rights:
        assert right.application == (frozenset(),)
    else:
        assert all(group & set(call.rights) for group in right.application)
        assert set(call.rights) <= frozenset().union(*right.application)


CASTS = {"graphApplication", "graphServicePrincipal", "graphDirectoryRole"}  # graph.application, and so on


def camel(name: str) -> str:
    """Return the segment of a path that a builder of the SDK stands for."""
    first, *more = name.split("_with_", maxsplit=1)[0].split("_")
    return first + "".join(word.capitalize() for word in more)


def test_every_call_in_the_code_is_listed() -> None:
    """Each noun and action of the SDK's builders that the code names is a part of a path in the table."""
    parts = {part for call in calls.listed() for part in re.findall(r"[A-Za-z0-9]+", call.path)}
    chain = r"((?:\.\w+(?:\([^()]*\))?)*)"
    asked = rf"\b\w+{chain}\.to_(?:get|post|patch|put|delete)_request_information"
    used: set[str] = set()
    for file in (ROOT / "provision" / "graph").glob("*.py"):
        text = ast.unparse(ast.parse(file.read_text()))
        for said in re.findall(asked, text) + re.findall(rf"graph\.sdk{chain}", text):
            used |= set(re.findall(r"\.(\w+)", re.sub(r"\([^()]*\)", "", said)))
    used = {name for name in used if not name.startswith(("by_", "to_", "with_"))} - {"sdk"}
    assert {"applications_with_unique_name", "add_password", "send_mail", "restore", "ref"} <= used
    assert {camel(name) for name in used} - parts - CASTS == set()


def test_what_is_left_on_the_disk(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a run with the loosest umask: each path and mode is that of a row."""
    write_config()
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("cache").resolve()))
    before = os.umask(0)
    try:
        argv = ("prod.yaml", "--sandbox", "--log-file", "log.jsonl")
        assert provision("apply", *argv, "--yes", "--deliver", "file:out.secret").code == 0
        assert provision("plan", *argv, "--out", "plan.json").code == 0
    finally:
        os.umask(before)
    modes = {str(path): path.stat().st_mode & 0o777 for path in Path().iterdir()}
    cache = Path("cache", "provision")
    assert cache.stat().st_mode & 0o777 == 0o700
    below = {path: path.stat().st_mode & 0o077 for path in Path(".provision").rglob("*")}
    assert len(below) >= 3  # the journal's folder and file, the sandbox's state
    assert {path: mode for path, mode in below.items() if mode} == {}
    assert modes.pop("plan.json") == 0o644
    assert modes.pop(".provision") == 0o700
    del modes["cache"], modes["prod.yaml"]
    assert modes == dict.fromkeys(("out.secret", "out.secret.provision.json", "log.jsonl"), 0o600)
    value = Path("out.secret").read_text()
    kept = [
        path for path in Path().rglob("*") if path.is_file() and value in path.read_text(errors="replace")
    ]
    assert kept == [Path("out.secret")]


def test_no_token_is_kept() -> None:
    """Of a sign-in: azure-identity keeps tokens in memory unless it is told where else.

    Source: https://learn.microsoft.com/python/api/azure-identity/azure.identity.tokencachepersistenceoptions
    """
    for path in (ROOT / "provision").rglob("*.py"):
        assert not re.search("cache_persistence_options|TokenCachePersistence", path.read_text()), path


def parts(page: str, title: str) -> str:
    """Return what stands below one of the page's titles."""
    return page.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]


STARTS = re.compile(
    r"\b(?:subprocess\.(?:run|Popen|call|check_\w+)|os\.(?:system|popen|startfile|exec\w+|spawn\w+|posix_spawn\w*)"
    r"|create_subprocess_\w+|pty\.spawn|webbrowser\.\w+)\("
)


def test_every_program_in_the_code_is_listed() -> None:
    """A module that starts one has its row; those of the SDK's credentials have theirs."""
    ours = {"cli/worktree.py": "git", "delivery/command.py": "command:", "cli/powershell.py": "pwsh"}
    root = ROOT / "provision"
    starting = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if STARTS.search(code(path))}
    assert starting == ours.keys()
    found = find_spec("azure.identity")
    assert found
    assert found.origin
    theirs = {"azure_cli": "az", "azd_cli": "azd", "azure_powershell": "PowerShell", "browser": "browser"}
    assert theirs.keys() == {
        path.stem
        for path in (Path(found.origin).parent / "_credentials").glob("*.py")
        if STARTS.search(code(path))
    }
    for program in (*ours.values(), *theirs.values()):
        assert re.search(rf"^\|[^|]*\b{program}(?:`|,| )", parts(PAGE, "Programs"), re.MULTILINE), program


def code(path: Path) -> str:
    """Return a module without its comments."""
    return ast.unparse(ast.parse(path.read_text()))


def test_no_port_is_opened(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a rehearsal nor by a run that signs in; a socket that nobody can reach has no address."""
    opened: list[Any] = []
    for name in ("bind", "listen"):
        monkeypatch.setattr(socket.socket, name, lambda _, *address: opened.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "11111111-2222-4333-8444-555555555555")
    config = write_config()
    assert provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    assert provision("plan", config, "--timeout", "1", "--auth", "environment").code != 0
    assert opened == []


def test_a_sandbox_is_served_to_this_machine() -> None:
    """Others reach it where --host says so; the server by itself does as the command does."""
    (host,) = [param for param in commands()["sandbox serve"].params if param.name == "host"]
    assert host.default == "127.0.0.1"
    assert signature(Server.__init__).parameters["host"].default == "127.0.0.1"


def test_every_command_is_in_the_table_of_writes() -> None:
    """One that is added must say what it writes."""
    table = PAGE.split("| Command | In the tenant | Elsewhere |")[1].split("\n\n")[0]
    named = [name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])]
    assert sorted(named) == sorted(VERBS)
