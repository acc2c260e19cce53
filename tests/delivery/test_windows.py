"""Files for their owner alone on Windows: the list, who is a stranger, and the calls, recorded here.

Windows itself runs the same tests in a workflow; what only it can show is marked.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from provision.delivery import access_list, file, windows
from tests.support import Program, Tenant, write_config

ME = "S-1-5-21-1-2-3-1001"
OWN = f"O:{ME}D:PAI(A;;FA;;;{ME})"
PROFILE = f"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{ME})"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (OWN, True),
        (f"D:P(A;;FA;;;{ME})", True),
        (f"O:{ME}G:DUD:P(A;;0x1f01ff;;;{ME})S:AI(AU;SAFA;FA;;;WD)", True),
        (f"D:P(D;;FA;;;WD)(A;;FA;;;{ME})", True),
        (f"D:AI(A;;FA;;;{ME})", False),  # what the folder allows comes in
        (f"D:P(A;;FA;;;{ME})(A;;FR;;;BU)", False),
        (f"D:P(A;;FA;;;{ME})(A;;FA;;;SY)", False),
        (f"D:P(A;;FA;;;{ME})(XA;;FA;;;WD;(@User.a == (1)))", False),
        ("D:P", False),
        ("D:NO_ACCESS_CONTROL", False),
        (f"O:{ME}", False),
        ("", False),
    ],
)
def test_a_list_that_lets_in_one_alone(text: str, alone: bool) -> None:
    """Protected, and every entry that allows anything is the user's."""
    assert access_list.is_alone(access_list.read(text), ME) == alone


@pytest.mark.parametrize(
    ("text", "others"),
    [
        (PROFILE, ()),
        (f"{PROFILE}(A;OICI;0x1200a9;;;BU)", ()),  # reads alone
        (f"{PROFILE}(A;OICIIO;GA;;;WD)", ()),  # for what is made in it; ours takes nothing of it
        (f"{PROFILE}(D;;FA;;;WD)", ()),
        (f"{PROFILE}(A;OICIID;0x1301bf;;;AU)", ("Authenticated Users",)),  # as below C:\
        (f"{PROFILE}(A;;FA;;;WD)", ("Everyone",)),
        (f"{PROFILE}(A;;GA;;;BU)(A;;FW;;;DU)", ("Users", "Domain Users")),
        (f"{PROFILE}(A;;DT;;;BU)", ("Users",)),  # may delete, and put another there
        (f"{PROFILE}(A;;WD;;;S-1-5-21-1-2-3-1002)", ("S-1-5-21-1-2-3-1002",)),
        (f"{PROFILE}(A;;ZZ;;;BG)", ("Guests",)),  # not understood
        ("D:NO_ACCESS_CONTROL", ("Everyone",)),
        (f"O:{ME}", ("Everyone",)),
    ],
)
def test_who_may_exchange_a_file(text: str, others: tuple[str, ...]) -> None:
    """Not the system, its administrators and installer, nor whom this runs as."""
    assert access_list.strangers(access_list.read(text), ME) == others


def test_the_built_in_administrator_is_written_by_letters() -> None:
    """Windows writes LA for an identifier that ends in 500."""
    administrator = "S-1-5-21-1-2-3-500"
    assert access_list.is_alone(access_list.read("D:P(A;;FA;;;LA)"), administrator)
    assert not access_list.is_alone(access_list.read("D:P(A;;FA;;;LA)"), ME)


# -- the sink, with Windows' calls in the place of the system's ---------------------------------------------


class Calls:
    """What Windows would do: files of this system, and lists as they are set here; each call is kept."""

    def __init__(self, folder: str = PROFILE, made: str | None = None) -> None:
        self.folder, self.made = folder, made
        self.lists: dict[str, str] = {}
        self.calls: list[tuple[str, str, int]] = []

    def user(self) -> str:
        return ME

    def create(self, path: Path, text: str) -> int:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self.lists[str(path)] = text if self.made is None else self.made
        self.calls.append(("create", path.name, 0))
        return handle

    def read_access_list(self, path: Path) -> str:
        self.calls.append(("listed", path.name, 0 if path.is_dir() else path.stat().st_size))
        return self.lists.get(str(path), self.folder)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A Windows whose folders are those of a profile."""
    made = Calls()
    monkeypatch.setattr(file, "_WINDOWS", True)
    monkeypatch.setattr(windows, "api", lambda: made)
    return made


APPLY = ("apply", "prod.yaml", "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")


def test_the_list_is_looked_at_before_the_value_is_written(provision: Program, calls: Calls) -> None:
    """Every file that is made has its list from the first moment, and is empty when it is read back."""
    write_config()
    ran = provision(*APPLY)
    assert ran.code == 0, ran.err
    assert Path("out.secret").stat().st_size == 40
    created = [name for what, name, _ in calls.calls if what == "create"]
    assert created.count("new") == 3  # the record, the value, and what is left of the record
    looked = [(name, size) for what, name, size in calls.calls if what == "listed" and name != ""]
    assert [name for name, _ in looked] == created
    assert {size for _, size in looked} == {0}
    assert set(calls.lists.values()) == {f"D:P(A;;FA;;;{ME})"}


def test_a_disk_without_lists_is_found_out_before_a_secret_is_made(provision: Program, calls: Calls) -> None:
    """FAT takes a list and keeps none of it; nothing of a trial is left."""
    calls.made = "O:BAD:NO_ACCESS_CONTROL"
    write_config()
    ran = provision(*APPLY)
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert "for you alone" in ran.out
    assert [path for path in Path().iterdir() if "secret" in path.name] == []
    response = Tenant().call("GET", "/applications(uniqueName='collab-prod')")
    assert response.status_code == 404  # nothing was begun


def test_a_folder_that_others_write_to_is_refused(provision: Program, calls: Calls) -> None:
    """As on POSIX; the way out is told as PowerShell and cmd take it."""
    calls.folder = f"{PROFILE}(A;OICIID;0x1301bf;;;AU)"
    write_config()
    ran = provision(*APPLY)
    assert (ran.code, ran.json["error"]) == (1, "sink-unusable")
    assert "Authenticated Users" in ran.json["message"]
    assert f"icacls mail /inheritance:r /grant:r '*{ME}:(OI)(CI)F'" in ran.json["fix"]
    assert not Path("out.secret").exists()


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("mail.secret", True),
        (r"C:\Users\jane\mail.secret", True),
        ("C:/Users/jane/mail.secret", True),
        (r"\\server\share\mail.secret", True),
        (r"secrets\mail.secret", True),
        (r"\\?\C:\a\very\long\mail.secret", True),
        ("C:mail.secret", False),  # the folder that is current on C:
        ("mail.secret:stream", False),
        ("nul", False),
        ("AUX.secret", False),
        ("com1", False),
        ("mail.secret.", False),
        ("mail.secret ", False),
        (r"\\.\PhysicalDrive0", False),
        ("secrets\\", False),
    ],
)
def test_paths(monkeypatch: pytest.MonkeyPatch, path: str, right: bool) -> None:
    """Drive letters and shares are paths; what means a device, a stream or another folder is refused."""
    assert (windows.unfit(path) is None) == right
    monkeypatch.setattr(file, "_WINDOWS", True)
    if right:
        assert file.Options.from_argument(path).path == path
    else:
        with pytest.raises(ValueError, match=r"Windows|names|depends"):
            file.Options.from_argument(path)


# -- the calls themselves -----------------------------------------------------------------------------------


class Function:
    """A function of a library: keeps what it is called with, and does what it is told."""

    def __init__(self, name: str, log: list[tuple[Any, ...]], does: Any) -> None:
        self._name, self._log, self._does = name, log, does

    def __call__(self, *arguments: Any) -> Any:
        plain = tuple(getattr(one, "value", one) for one in arguments)
        self._log.append((self._name, *plain))
        return self._does(*arguments)


class Library:
    """A library of functions that were told what to do."""

    def __init__(self, log: list[tuple[Any, ...]], **does: Any) -> None:
        for name, function in does.items():
            setattr(self, name, Function(name, log, function))


def answering(pointer: int, value: Any) -> Any:
    """Return a function that writes a value through one of its pointers and succeeds."""

    def function(*arguments: Any) -> int:
        arguments[pointer]._obj.value = value
        return 1

    return function


def token_information(_: Any, __: Any, buffer: Any, ___: Any, size: Any) -> int:
    """Say how large a buffer has to be; fail as long as there is none."""
    size._obj.value = 64
    return int(buffer is not None)


def stand_in(log: list[tuple[Any, ...]], handle: int = 77, *, listed: int = 0) -> windows.Api:
    """Return the calls on libraries that answer as Windows documents it."""
    advapi = Library(
        log,
        OpenProcessToken=answering(2, 5),
        GetTokenInformation=token_information,
        ConvertSidToStringSidW=answering(1, ME),
        ConvertStringSecurityDescriptorToSecurityDescriptorW=answering(2, 9),
        GetNamedSecurityInfoW=lambda *arguments: (
            setattr(arguments[7]._obj, "value", 9) or listed  # type: ignore[func-returns-value]
        ),
        ConvertSecurityDescriptorToStringSecurityDescriptorW=answering(3, OWN),
    )
    kernel = Library(
        log,
        GetCurrentProcess=lambda: -1,
        CloseHandle=lambda _: 1,
        LocalFree=lambda _: None,
        CreateFileW=lambda *_: handle,
    )
    return windows.Api(advapi, kernel, lambda *_: OSError(5, "denied"), lambda handle: handle + 1)


def named(log: list[tuple[Any, ...]], name: str) -> list[tuple[Any, ...]]:
    """Return the arguments of each call of a function."""
    return [call[1:] for call in log if call[0] == name]


def test_the_user_is_asked_of_the_process() -> None:
    """TokenUser of its own token, which is closed; the text is freed."""
    log: list[tuple[Any, ...]] = []
    assert stand_in(log).user() == ME
    assert named(log, "OpenProcessToken")[0][:2] == (-1, 0x8)
    assert [call[1] for call in named(log, "GetTokenInformation")] == [1, 1]
    assert named(log, "CloseHandle") == [(5,)]
    assert len(named(log, "LocalFree")) == 1


def test_a_file_is_made_with_its_list_or_not_at_all() -> None:
    """One call makes it new, for writing, shared with nobody, with the descriptor, which is freed."""
    log: list[tuple[Any, ...]] = []
    assert stand_in(log).create(Path("x"), access_list.alone(ME)) == 78
    assert named(log, "ConvertStringSecurityDescriptorToSecurityDescriptorW")[0][:2] == (
        f"D:P(A;;FA;;;{ME})",
        1,
    )
    (made,) = named(log, "CreateFileW")
    assert (made[0], made[1], made[2], made[4], made[5]) == ("x", 0x40000000 | 0x20000, 0, 1, 0x80)
    assert made[3]._obj.descriptor == 9
    assert made[3]._obj.length == ctypes.sizeof(made[3]._obj)
    assert named(log, "LocalFree") == [(9,)]
    for handle in (None, ctypes.c_void_p(-1).value):
        log.clear()
        with pytest.raises(OSError, match="denied"):
            stand_in(log, handle).create(Path("x"), "D:P")  # type: ignore[arg-type]
        assert named(log, "LocalFree") == [(9,)]


def test_the_list_is_read_with_its_owner() -> None:
    """Of a file by its path; a refusal is an error, never an empty list."""
    log: list[tuple[Any, ...]] = []
    assert stand_in(log).read_access_list(Path("x")) == OWN
    assert named(log, "GetNamedSecurityInfoW")[0][:3] == ("x", 1, 0x1 | 0x4)
    assert named(log, "ConvertSecurityDescriptorToStringSecurityDescriptorW")[0][:3] == (9, 1, 0x1 | 0x4)
    with pytest.raises(OSError, match="denied"):
        stand_in(log, listed=5).read_access_list(Path("x"))


def test_elsewhere_there_are_no_such_calls() -> None:
    """An import of it is harmless on every system."""
    windows.api.cache_clear()
    if sys.platform != "win32":
        with pytest.raises(OSError, match="no Windows"):
            windows.api()


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows has these lists; its workflow runs this")
def test_on_windows_itself(tmp_path: Path) -> None:
    """A file that is made lets in its owner alone, by Windows' own word."""
    made = tmp_path / "x"
    os.close(windows.create(made))
    found = access_list.read(windows.api().read_access_list(made))
    assert access_list.is_alone(found, windows.api().user())
    windows.refuse(tmp_path)
