"""Files for their owner alone on Windows: made with an access list of their own, and looked at before use.

The list is there from the file's first moment, for it is handed to the call that makes the file; then it is
read back, because a file system without lists (FAT, some shares) takes it and keeps nothing of it.
Sources: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew,
https://learn.microsoft.com/windows/win32/api/aclapi/nf-aclapi-getnamedsecurityinfow,
https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format,
https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-gettokeninformation
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import byref, c_uint32, c_void_p, c_wchar_p
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Any

from provision.delivery import access_list
from provision.delivery.interface import unusable

_GENERIC_WRITE, _READ_CONTROL, _CREATE_NEW, _NORMAL = 0x40000000, 0x20000, 1, 0x80
_TOKEN_QUERY, _TOKEN_USER, _SDDL, _FILE, _OF_OWNER_AND_LIST = 0x8, 1, 1, 1, 0x1 | 0x4
_INVALID = c_void_p(-1).value
_DEVICES = ("CON", "PRN", "AUX", "NUL", *(f"{kind}{one}" for kind in ("COM", "LPT") for one in range(10)))


class _Attributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES."""

    _fields_ = (("length", c_uint32), ("descriptor", c_void_p), ("inherit", ctypes.c_int))


class Api:
    """The calls of Windows that this takes, each of which raises ``OSError`` if it fails.

    ``advapi`` and ``kernel`` are the two libraries, ``failed`` makes the error of the last call, and
    ``as_file`` a descriptor of a handle.
    """

    def __init__(
        self, advapi: Any, kernel: Any, failed: Callable[..., OSError], as_file: Callable[[int], int]
    ) -> None:
        self._advapi, self._kernel, self._failed, self._as_file = advapi, kernel, failed, as_file
        kernel.CreateFileW.restype = c_void_p
        kernel.GetCurrentProcess.restype = c_void_p
        kernel.LocalFree.argtypes = [c_void_p]
        kernel.CloseHandle.argtypes = [c_void_p]
        advapi.OpenProcessToken.argtypes = [c_void_p, c_uint32, c_void_p]
        advapi.GetTokenInformation.argtypes = [c_void_p, c_uint32, c_void_p, c_uint32, c_void_p]
        advapi.ConvertSidToStringSidW.argtypes = [c_void_p, c_void_p]
        convert = advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW
        convert.argtypes = [c_void_p, c_uint32, c_uint32, c_void_p, c_void_p]

    def user(self) -> str:
        """Return the security identifier of whom this process runs as."""
        token, size, text = c_void_p(), c_uint32(), c_wchar_p()
        process = self._kernel.GetCurrentProcess()
        if not self._advapi.OpenProcessToken(process, _TOKEN_QUERY, byref(token)):
            raise self._failed()
        try:
            self._advapi.GetTokenInformation(token, _TOKEN_USER, None, 0, byref(size))
            found = ctypes.create_string_buffer(max(size.value, ctypes.sizeof(c_void_p)))
            if not self._advapi.GetTokenInformation(token, _TOKEN_USER, found, size, byref(size)):
                raise self._failed()
            # TOKEN_USER begins with the address of the identifier.
            if not self._advapi.ConvertSidToStringSidW(c_void_p.from_buffer(found), byref(text)):
                raise self._failed()
        finally:
            self._kernel.CloseHandle(token)
        return self._taken(text)

    def _taken(self, text: c_wchar_p) -> str:
        """Return a text that the system made, and give its memory back."""
        try:
            return text.value or ""
        finally:
            self._kernel.LocalFree(ctypes.cast(text, c_void_p))

    def create(self, path: Path, text: str) -> int:
        """Make a new file with this access list, and return a descriptor to write to it."""
        descriptor = c_void_p()
        made = self._advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
            c_wchar_p(text), c_uint32(_SDDL), byref(descriptor), None
        )
        if not made:
            raise self._failed()
        try:
            attributes = _Attributes(ctypes.sizeof(_Attributes), descriptor, 0)
            handle = self._kernel.CreateFileW(
                c_wchar_p(str(path)),
                c_uint32(_GENERIC_WRITE | _READ_CONTROL),
                c_uint32(0),
                byref(attributes),
                c_uint32(_CREATE_NEW),
                c_uint32(_NORMAL),
                None,
            )
        finally:
            self._kernel.LocalFree(descriptor)
        if handle in (None, _INVALID):
            raise self._failed(str(path))
        return self._as_file(int(handle))

    def read_access_list(self, path: Path) -> str:
        """Return the owner and the access list of a file or a folder, in the text form."""
        descriptor, text = c_void_p(), c_wchar_p()
        code = self._advapi.GetNamedSecurityInfoW(
            c_wchar_p(str(path)),
            c_uint32(_FILE),
            c_uint32(_OF_OWNER_AND_LIST),
            None,
            None,
            None,
            None,
            byref(descriptor),
        )
        if code:
            raise self._failed(str(path), code)
        try:
            if not self._advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
                descriptor, _SDDL, _OF_OWNER_AND_LIST, byref(text), None
            ):
                raise self._failed()
        finally:
            self._kernel.LocalFree(descriptor)
        return self._taken(text)


def unfit(text: str) -> str | None:
    """Say why a path names no file of its own on Windows; ``None`` if it does.

    Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
    """
    path = PureWindowsPath(text)
    if text.startswith(("\\\\.\\", "//./")):
        return f"{text} names a device, not a file"
    if text.endswith("\\"):
        return f"{text} names a folder, not a file in it"
    if path.drive.endswith(":") and not path.root:
        return f"{text} depends on the current folder of {path.drive}: write {path.drive}\\ and all of it"
    plain = path.name.partition(".")[0].rstrip(" ").upper()
    if ":" in path.name or plain in _DEVICES or path.name != path.name.rstrip(". "):
        return f"{text}: Windows has no such file (a device, a colon in it, a dot or blank at its end)"
    return None


@cache
def api() -> Api:
    """Return the calls of this machine's Windows."""
    if sys.platform == "win32":
        import msvcrt

        def failed(path: str | None = None, code: int = 0) -> OSError:
            error = ctypes.WinError(code or ctypes.get_last_error())
            if path is not None:
                error.filename = path
            return error

        def as_file(handle: int) -> int:
            return msvcrt.open_osfhandle(handle, os.O_WRONLY | os.O_BINARY)

        return Api(
            ctypes.WinDLL("advapi32", use_last_error=True),
            ctypes.WinDLL("kernel32", use_last_error=True),
            failed,
            as_file,
        )
    raise OSError("this is no Windows")


def create(path: Path) -> int:
    """Make a new file that only its owner gets at, and return a descriptor to write to it.

    ``ProvisionError`` if what was made lets in somebody else; it is removed then, with nothing in it.
    """
    windows = api()
    user = windows.user()
    handle = windows.create(path, access_list.alone(user))
    found = access_list.read(windows.read_access_list(path))
    if access_list.is_alone(found, user):
        return handle
    os.close(handle)
    with suppress(OSError):
        path.unlink()
    raise unusable(
        f"a file in {path.parent} cannot be made for you alone: the disk keeps no access list for it",
        "Choose a folder on an NTFS disk, such as one in your profile.",
    )


def refuse(folder: Path) -> None:
    """Raise ``ProvisionError`` if somebody else may put something in the place of a folder's files."""
    windows = api()
    user = windows.user()
    if others := access_list.strangers(access_list.read(windows.read_access_list(folder)), user):
        raise unusable(
            f"others can write to the folder {folder}, and so take the secret's place: {', '.join(others)}",
            "Choose a folder in your profile, or make one for you alone: mkdir mail; "
            f"icacls mail /inheritance:r /grant:r '*{user}:(OI)(CI)F'",
        )
