"""What is named as a file may never end, never come, or never fit: each is told within a second or so.

The times are those of a test that hangs otherwise: the limit is far above what any of these takes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provision import bounded
from provision.errors import ProvisionError
from tests import warm
from tests.support import Program, Ran, journal, write_config

LARGE = 5 * 1024**3  # sparse: it takes no room


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def _folder(path: Path) -> None:
    path.mkdir()


def _circle(path: Path) -> None:
    path.symlink_to("other")
    path.with_name("other").symlink_to(path.name)


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGE)


def _forbidden(path: Path) -> None:
    path.write_text("")
    path.chmod(0)  # for root it is an empty file


KINDS = [_pipe, _zero, _socket, _folder, _circle, _large, _forbidden]


@pytest.fixture(params=KINDS, ids=[kind.__name__.strip("_") for kind in KINDS])
def odd(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes one odd thing of that name, in a folder of a short path."""

    def make(name: str) -> str:
        path = Path(name)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        request.param(path)
        return name

    return make


def within_a_second(
    code: int, *argv: str, env: dict[str, str] | None = None, stdin: int | None = None
) -> Ran:
    """Run the program in a process of its own, and give it a minute less than it would take to hang."""
    done = subprocess.run(
        [warm.python(), "-m", "provision", *argv],
        env={**os.environ, **(env or {})},
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert ran.code == code, ran.err + ran.out
    assert "PRV900" not in ran.err
    return ran


@pytest.fixture
def quick(provision: Program) -> Iterator[Program]:
    """Runs the program in this process; a watchdog ends a test that hangs."""
    dog = threading.Timer(20, lambda: os._exit(99))
    dog.start()
    yield provision
    dog.cancel()


def test_a_config(quick: Program, odd: Callable[[str], str]) -> None:
    """65, whatever it is; a folder is looked into, and holds none."""
    for verb in (("validate",), ("plan", "--sandbox")):
        ran = quick(verb[0], odd("odd.yaml"), *verb[1:])
        assert ran.code == 65, ran.err
        for path in (Path("odd.yaml"), Path("other")):
            if path.is_symlink() or path.exists():
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def test_what_a_config_extends(quick: Program, odd: Callable[[str], str]) -> None:
    """65, at the line that names it."""
    odd("base.yaml")
    config = Path(write_config())
    config.write_text(config.read_text() + "extends: base.yaml\n")
    ran = quick("validate", str(config))
    assert ran.code == 65
    assert "prod.yaml:11:10" in ran.err or os.access("base.yaml", os.R_OK)


def test_a_seed(quick: Program, odd: Callable[[str], str]) -> None:
    """65; nothing was changed."""
    assert quick("sandbox", "seed", odd("seed.yaml")).code == 65


def test_a_plan_file(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """Refused before the configs are read."""
    ran = quick("apply", config, "--sandbox", "--yes", "--plan", odd("plan.json"))
    assert (ran.code, "PRV" in ran.err) == (5, True), ran.err


def test_a_state(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """65, and it is left as it is; a link to nowhere is an empty sandbox."""
    ran = quick("plan", config, "--sandbox-at", odd("state.json"))
    assert ran.code == 65 or not Path("state.json").exists(), ran.err


def test_a_value(quick: Program, config: str, applied: Ran, odd: Callable[[str], str]) -> None:
    """--secret-from."""
    ran = quick("verify", config, "--sandbox", "--secret-from", f"file:{odd('value.secret')}")
    assert (ran.code, "PRV500" in ran.err) == (1, True), ran.err


def test_a_record_of_a_delivery(quick: Program, config: str, applied: Ran, odd: Callable[[str], str]) -> None:
    """No record: the value's file is not known for ours, and nothing hangs."""
    Path("out.secret.provision.json").unlink()
    odd("out.secret.provision.json")
    assert quick("show", config, "--sandbox", "--deliver", "file:out.secret").code == 0
    ran = quick("rotate", config, "--sandbox", "--yes", "--deliver", "file:out.secret")
    assert ran.code == 1, ran.err


def test_the_journal(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """The disk's error, for what happened to secrets is not known without it."""
    odd(".provision/journal")
    ran = quick("plan", config, "--sandbox")
    assert ran.code == 1 or Path(".provision/journal").stat().st_size == 0, ran.err  # root reads all


def test_a_log_file(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """It may be any of these that takes a line; none is waited for."""
    ran = quick("plan", config, "--sandbox", "--log-file", odd("log.jsonl"))
    assert ran.code in (0, 1), ran.err


def test_the_file_of_a_private_ca(
    quick: Program, config: str, odd: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named with its variable, before anybody signs in."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", odd("ca.pem"))
    ran = quick("plan", config, "--auth", "cli")
    assert (ran.code, "REQUESTS_CA_BUNDLE names ca.pem" in ran.err) == (64, True), ran.err


class TestStreams:
    """Standard input, and what a shell hands over."""

    def test_a_config_from_a_pipe(self, config: str) -> None:
        """<(envsubst < prod.yaml)."""
        read, write = os.pipe()
        os.write(write, Path(config).read_bytes())
        os.close(write)
        within_a_second(0, "validate", "/dev/stdin", stdin=read)
        os.close(read)

    def test_a_pipe_that_never_ends(self) -> None:
        """As much as a config may have is read, and no more."""
        with subprocess.Popen(["/usr/bin/yes"], stdout=subprocess.PIPE) as endless:
            assert endless.stdout is not None
            ran = within_a_second(65, "validate", "/dev/stdin", stdin=endless.stdout.fileno())
            endless.kill()
        assert "larger than 256 KiB" in ran.err

    def test_a_value_that_never_ends(self, config: str, applied: Ran) -> None:
        """/dev/zero holds no line's end."""
        with Path("/dev/zero").open("rb") as zero:
            ran = within_a_second(
                64, "verify", config, "--sandbox", "--secret-from", "-", stdin=zero.fileno()
            )
        assert "larger than 64 KiB" in ran.err

    def test_a_list_of_changes_that_never_ends(self, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """--changed - as every other: bounded in size, and in time where nobody writes any more."""
        with Path("/dev/zero").open("rb") as zero:
            ran = within_a_second(64, "plan", config, "--sandbox", "--changed", "-", stdin=zero.fileno())
        assert "larger than 16 MiB" in ran.err
        read, write = os.pipe()
        os.write(write, b"prod.yaml\n")
        with os.fdopen(read) as stream:
            monkeypatch.setattr("sys.stdin", stream)
            with pytest.raises(bounded.Unfit, match="did not end in time"):
                bounded.all_of_stdin(100, timeout=0.05)
            os.write(write, b"other.yaml\n")
            os.close(write)
            assert bounded.all_of_stdin(100) == b"other.yaml\n"

    def test_one_that_nobody_writes_to_is_waited_for_so_long(self) -> None:
        """Then it is an error."""
        read, write = os.pipe()
        with pytest.raises(bounded.Unfit, match="did not end in time"):
            bounded.read(f"/dev/fd/{read}", 10, timeout=0.05)
        os.write(write, b"never an end")
        with pytest.raises(bounded.Unfit, match="did not end in time"):
            bounded.read(f"/dev/fd/{read}", 100, timeout=0.05)
        os.close(read)
        os.close(write)

    def test_nothing_is_nothing(self) -> None:
        """/dev/null is a file of no bytes."""
        assert bounded.read("/dev/null", 10) == b""

    def test_lines_are_read_one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What stands behind a line is the next one's."""
        read, write = os.pipe()
        os.write(write, b"one\r\ntwo\nthree")
        os.close(write)
        with os.fdopen(read) as stream:
            monkeypatch.setattr("sys.stdin", stream)
            assert [bounded.line_of_stdin(10) for _ in range(4)] == ["one", "two", "three", ""]


def test_what_is_opened_is_what_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that is turned between the check and the reading does not lead out of the folder tree."""
    (tmp_path / "inside").write_text("in")
    (tmp_path / "outside").write_text("out")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "outside")
    turned = iter([str(tmp_path / "inside"), str(tmp_path / "inside")])
    monkeypatch.setattr("os.path.realpath", lambda _: next(turned))
    with pytest.raises(bounded.Unfit, match="folder tree"):
        bounded.read(link, 10, may=lambda real: real.endswith("inside"))


def test_a_file_that_grows_is_not_read_beyond_its_limit(tmp_path: Path) -> None:
    """Its size is looked at, and counted, too."""
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(bounded.Unfit, match="larger"):
        bounded.read(tmp_path / "a", 10)
    assert bounded.read(tmp_path / "a", 11) == b"x" * 11


def test_errors_stay_catalogued() -> None:
    """Nothing of this is an unexpected error."""
    assert issubclass(bounded.Unfit, OSError)
    assert not issubclass(bounded.Unfit, ProvisionError)


def test_the_record_beside_a_stand_in(quick: Program, odd: Callable[[str], str]) -> None:
    """A rehearsal looks whose value is there; what cannot be read is nobody's, and is no file to wait for."""
    config = Path(write_config())
    config.write_text(f"{config.read_text()}secret: {{delivery: {{command: {{argv: ['true']}}}}}}\n")
    odd(".provision/collab-prod.secret.provision.json")
    assert quick("plan", str(config), "--sandbox").code in (0, 5)


@pytest.mark.parametrize("text", ["[" * 60_000, '{"a":' * 60_000, "- " * 60_000], ids=["[", "{", "-"])
def test_what_is_nested_without_an_end(quick: Program, config: str, text: str) -> None:
    """Of each file that is read as JSON or YAML: an error of the catalogue, or a line that is passed over."""
    Path("deep").write_text(text)
    for argv, code in (
        (("validate", "deep"), 65),
        (("sandbox", "seed", "deep"), 65),
        (("plan", config, "--sandbox-at", "deep"), 65),
        (("apply", config, "--sandbox", "--yes", "--plan", "deep"), 5),
        (("apply", config, "--sandbox", "--yes"), 0),
    ):
        ran = quick(*argv)
        assert (ran.code, "PRV900" in ran.err) == (code, False), (argv, ran.err)
    with journal().open("a") as file:
        file.write(f"{text}\n")
    assert quick("show", config, "--sandbox").code == 0


NEVER_A_FILE = pytest.mark.parametrize("kind", [_pipe, _zero, _socket, _circle, _large])


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _missing(path: Path) -> None:
    """There is none."""


@pytest.mark.parametrize("kind", [_pipe, _zero, _socket, _circle, _large, _folder, _binary, _missing])
@pytest.mark.parametrize(
    ("auth", "variable"),
    [("workload", "AZURE_FEDERATED_TOKEN_FILE"), ("environment", "AZURE_CLIENT_CERTIFICATE_PATH")],
)
def test_what_azure_identity_opens_by_itself(
    quick: Program,
    config: str,
    monkeypatch: pytest.MonkeyPatch,
    auth: str,
    variable: str,
    kind: Callable[[Path], None],
) -> None:
    """A token's file and a certificate's: 77 before anybody is asked, and the variable is named."""
    kind(Path("odd"))
    monkeypatch.setenv("AZURE_TENANT_ID", "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690")
    monkeypatch.setenv("AZURE_CLIENT_ID", "5b0e7f3a-1c2d-4e3f-8a9b-0c1d2e3f4a5b")
    monkeypatch.setenv(variable, "odd")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    ran = quick("plan", config, "--auth", auth)
    assert (ran.code, "odd" in ran.err or kind is _binary) == (77, True), ran.err


@NEVER_A_FILE
def test_a_folder_for_the_sandboxs_certificate(quick: Program, kind: Callable[[Path], None]) -> None:
    """64, and nothing is served; nor is a certificate of somebody else's lost."""
    kind(Path("odd"))
    ran = quick("sandbox", "serve", "--port", "0", "--tls-dir", "odd")
    assert (ran.code, "--tls-dir" in ran.err) == (64, True), ran.err
    Path("tls").mkdir()
    Path("tls/ca.pem").write_text("mine")
    ran = quick("sandbox", "serve", "--port", "0", "--tls-dir", "tls")
    assert (ran.code, "no sandbox's" in ran.err) == (64, True), ran.err
    assert Path("tls/ca.pem").read_text() == "mine"


def test_a_state_to_be_emptied(quick: Program) -> None:
    """A circle is something, and is left; a link to nowhere is nothing."""
    _circle(Path("state.json"))
    assert quick("sandbox", "reset", "--state", "state.json").code == 65
    Path("gone.json").symlink_to("nowhere")
    assert quick("sandbox", "reset", "--state", "gone.json").code == 0
    assert not Path("nowhere").exists()


@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_what_the_pipeline_names(
    quick: Program, config: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A pipe that nobody reads would be waited for."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for each in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(each, "file")
    _pipe(Path("pipe"))
    monkeypatch.setenv(name, "pipe")
    ran = quick("plan", config, "--sandbox", "--ci", "github")
    assert (ran.code, f"{name} names pipe" in ran.err) == (64, True), ran.err


def test_a_stream_is_no_file_to_be_replaced(config: str) -> None:
    """Where root may, a file would stand in the place of /dev/stdout."""
    with Path("printed").open("w") as file:
        done = subprocess.run(
            [warm.python(), "-m", "provision", "plan", config, "--sandbox", "--out", "/proc/self/fd/1"],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert (done.returncode, "is a stream, not a file" in done.stderr) == (64, True), done.stderr


def test_our_own_folder(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """.provision itself: an error of the catalogue, unless it can be looked into."""
    odd(".provision")
    ran = quick("apply", config, "--sandbox", "--yes")
    assert ran.code in (0, 1, 65), ran.err
    assert (ran.code == 0) == Path(".provision").is_dir()
    assert "PRV900" not in ran.err


def test_our_own_folder_is_a_link_to_nowhere(quick: Program, config: str) -> None:
    """As the disk's errors are told."""
    Path(".provision").symlink_to("nowhere")
    ran = quick("apply", config, "--sandbox", "--yes")
    assert (ran.code, "PRV902" in ran.err) == (1, True), ran.err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_as_each_shell_writes_it(quick: Program, config: str, encoding: str, end: str) -> None:
    """PowerShell 5 redirects as UTF-16; all of it would else be no name, and no config planned."""
    Path("changed").write_bytes(f"README.md{end}./{config}{end}".encode(encoding))
    ran = quick("plan", config, "--sandbox", "--changed", "changed", "-o", "json")
    assert [plan["name"] for plan in ran.json["plans"]] == ["collab-prod"], ran.err


def test_a_list_of_another_folder(quick: Program, config: str) -> None:
    """Names as `git diff` gives them below the top of the work tree: said, for nothing is planned."""
    Path("changed").write_text("team/prod.yaml\nteam/README.md\n")
    ran = quick("plan", config, "--sandbox", "--changed", "changed", "-o", "json")
    assert (ran.code, ran.json["plans"]) == (0, [])
    assert "none of the files in that list is here" in ran.err
    Path("changed").write_text("gone.yaml\n")
    ran = quick("plan", ".", "--sandbox", "--changed", "changed", "-o", "json")
    assert ran.json["passed_over"][-1]["path"] == "gone.yaml"
    assert "none of the files" not in ran.err


def test_a_list_on_standard_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is limited in size and in time."""
    read, write = os.pipe()
    with os.fdopen(read) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        os.write(write, b"never an end")
        with pytest.raises(bounded.Unfit, match="did not end in time"):
            bounded.all_of_stdin(100, timeout=0.05)
        os.write(write, b"x" * 11)
        with pytest.raises(bounded.Unfit, match="larger"):
            bounded.all_of_stdin(10)
        os.write(write, b"a\nb")
        os.close(write)
        assert bounded.all_of_stdin(100).endswith(b"a\nb")


def test_a_list_of_changed_files(quick: Program, config: str, odd: Callable[[str], str]) -> None:
    """64; an empty file is a list of none."""
    ran = quick("plan", config, "--sandbox", "--changed", odd("changed"))
    assert ran.code == 64 or os.access("changed", os.R_OK), ran.err
