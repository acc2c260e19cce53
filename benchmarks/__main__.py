"""Time whole runs of the program on the embedded sandbox: wall time, requests, peak memory.

``--latency MS`` lets each request take that long, as a network would.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path(__file__).parent.parent / "configs" / "prod.yaml"
APPLY = ["apply", str(CONFIG), "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", "-v"]
CASES = {
    "provision --help": ["--help"],
    "validate": ["validate", str(CONFIG)],
    "plan, from nothing": ["plan", str(CONFIG), "--sandbox", "-o", "json", "-v"],
    "apply, from nothing": APPLY,
    "apply, nothing to do": APPLY,
    "plan, nothing to do": ["plan", str(CONFIG), "--sandbox", "-o", "json", "-v"],
}
FRESH = {"plan, from nothing", "apply, from nothing"}


@dataclass(frozen=True)
class Measured:
    """One run: seconds, megabytes at the peak, requests that it made."""

    seconds: float
    megabytes: float
    requests: int


def measure(argv: list[str], folder: str, latency: int) -> Measured:
    """Run the program once in a process of its own."""
    runner = (
        "import asyncio, sys\n"
        "from provision.cli.main import run\n"
        "latency = float(sys.argv[1])\n"
        "if latency:\n"
        "    import httpx\n"
        "    send = httpx.ASGITransport.handle_async_request\n"
        "    async def slow(self, request):\n"
        "        await asyncio.sleep(latency)\n"
        "        return await send(self, request)\n"
        "    httpx.ASGITransport.handle_async_request = slow\n"
        "sys.exit(run(sys.argv[2:]))\n"
    )
    with tempfile.TemporaryFile() as talk:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", runner, str(latency / 1000), *argv],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=talk,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        talk.seek(0)
        said = talk.read().decode()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode}:\n{said}")
    return Measured(seconds, usage.ru_maxrss / 1024, said.count("(request id"))


def main() -> None:
    """Run every case and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=int, default=0, metavar="MS")
    options = parser.parse_args()
    print(f"latency of a request: {options.latency} ms; median (and least) of {options.runs} runs\n")
    print(f"| {'case':<22} | {'seconds':>15} | {'peak MB':>7} | {'requests':>8} |")
    print(f"|{'-' * 24}|{'-' * 17}|{'-' * 9}|{'-' * 10}|")
    with tempfile.TemporaryDirectory() as used:
        for name, argv in CASES.items():
            measured = []
            for _ in range(options.runs):
                if name in FRESH:
                    with tempfile.TemporaryDirectory() as fresh:
                        measured.append(measure(argv, fresh, options.latency))
                else:
                    if name.endswith("nothing to do") and not Path(used, ".provision").exists():
                        measure(APPLY, used, 0)
                    measured.append(measure(argv, used, options.latency))
            seconds = [item.seconds for item in measured]
            print(
                f"| {name:<22} | {statistics.median(seconds):6.2f} ({min(seconds):5.2f})  "
                f"| {max(item.megabytes for item in measured):7.0f} | {measured[0].requests:8d} |"
            )


if __name__ == "__main__":
    main()
