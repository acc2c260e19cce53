"""A headless Chromium that opens one file and tells what it saw; ``python -m tests.report.browser`` for docs.

It is spoken to over a pipe, in its DevTools protocol: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
    "--hide-scrollbars",
)


@dataclass(frozen=True)
class Seen:
    """What came of opening a page."""

    errors: list[str]  # of the console, and what the page's policy forbade
    requests: list[str]  # beyond the file itself
    width: float  # of the content
    brightness: float  # of the ground, 0 to 1
    focus: list[str]  # what the Tab key reaches, in order
    picture: Path


class _Browser:
    def __init__(self, send: int, receive: int) -> None:
        self._send, self._receive = send, receive
        self._buffer = b""
        self._count = 0
        self.events: list[dict[str, Any]] = []
        self.session: str | None = None

    def __call__(self, method: str, **params: Any) -> Any:
        """Send one command and return its answer; events on the way are kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, event: str) -> None:
        """Wait until an event came."""
        while not any(seen.get("method") == event for seen in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._receive, 1 << 16)
            assert part, "the browser is gone"
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))


@contextmanager
def _running() -> Iterator[_Browser]:
    assert CHROMIUM is not None
    to_read, send = os.pipe()
    receive, to_write = os.pipe()
    with tempfile.TemporaryDirectory() as profile:
        # The browser reads from descriptor 3 and writes to 4: put there by a shell, for these may be taken.
        command = ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "-"]
        process = subprocess.Popen(
            [*command, CHROMIUM, *_ARGUMENTS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        try:
            yield _Browser(send, receive)
        finally:
            os.close(send)
            process.kill()
            process.wait()
            os.close(receive)
            shutil.rmtree(profile, ignore_errors=True)
            Path(profile).mkdir(exist_ok=True)


def look(path: Path, picture: Path, *, width: int, dark: bool = False, height: int = 0) -> Seen:
    """Open a file as a screen of that width would show it, and take a picture of it, whole or that high."""
    with _running() as browser:
        target = browser("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser(f"{domain}.enable")
        browser(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        browser.events.clear()
        address = path.absolute().as_uri()
        browser("Page.navigate", url=address)
        browser.wait("Page.loadEventFired")

        def value(script: str) -> Any:
            return browser("Runtime.evaluate", expression=script, returnByValue=True)["result"]["value"]

        ground = value("getComputedStyle(document.documentElement).backgroundColor")
        whole = value("document.documentElement.scrollHeight")
        content = value("document.documentElement.scrollWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height or whole, "scale": 1}
        shot = browser("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        picture.write_bytes(base64.b64decode(shot["data"]))
        focus = _tabbed(browser, value)
        events = list(browser.events)
    return Seen(
        errors=[json.dumps(event) for event in events if _is_error(event)],
        requests=[
            event["params"]["request"]["url"]
            for event in events
            if event.get("method") == "Network.requestWillBeSent"
            and event["params"]["request"]["url"] != address
        ],
        width=content,
        brightness=sum(map(int, re.findall(r"\d+", ground)[:3])) / 765,
        focus=focus,
        picture=picture,
    )


def _tabbed(browser: _Browser, value: Any) -> list[str]:
    reached: list[str] = []
    for _ in range(4):
        for kind in ("keyDown", "keyUp"):
            browser("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(
            value("(document.activeElement.getAttribute('href') || document.activeElement.tagName)")
        )
    return reached


def _is_error(event: dict[str, Any]) -> bool:
    method, params = event.get("method"), event.get("params", {})
    return (
        method == "Runtime.exceptionThrown"
        or (method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"))
        or (method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"))
    )


if __name__ == "__main__":
    source, to, wide, scheme, high = sys.argv[1:]
    look(Path(source), Path(to), width=int(wide), dark=scheme == "dark", height=int(high))
