"""Time fleets of 10 to 1,000 configs on a served sandbox: seconds, CPU, memory and requests of each verb.

``python -m benchmarks.fleet --sizes 10,100,300,1000 --latency 100``. A request in a batch counts as one,
and the batch as one more. The last column is the seconds divided by those of the size before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

TENANT = "11111111-2222-4333-8444-555555555555"
SEED = {
    "tenant": {"id": TENANT, "domain": "example.gov", "display_name": "E"},
    "users": [{"user_principal_name": "noreply@example.gov", "mailbox": "user"}],
}
VERBS = {
    "plan": ["plan", "configs"],
    "apply": ["apply", "configs", "--yes", "--allow", "many-changes"],
    "again": ["apply", "configs", "--yes"],
    "drift": ["drift", "configs"],
}


@dataclass(frozen=True)
class Measured:
    """One run of the program."""

    seconds: float
    cpu: float
    megabytes: float
    requests: int


def program(*argv: str) -> list[str]:
    """The program in a process of its own."""
    return [sys.executable, "-m", "provision", *argv]


class Served:
    """A served sandbox in a folder with a fleet's configs."""

    def __init__(self, folder: Path, count: int, latency: int) -> None:
        self._folder = folder
        (folder / "seed.yaml").write_text(json.dumps(SEED))
        (folder / "configs").mkdir()
        (folder / "secrets").mkdir(mode=0o700)
        for number in range(count):
            config = {
                "version": 1,
                "name": f"app-{number:05d}",
                "tenant": {"id": TENANT},
                "application": {"admin_url": f"https://a{number}.example.gov"},
                "mail": {"address": "noreply@example.gov"},
            }
            (folder / f"configs/app-{number:05d}.yaml").write_text(json.dumps(config))
        weather = ["--weather", f"latency={latency}ms"] if latency else []
        argv = program("sandbox", "serve", "--port", "0", "--seed", "seed.yaml", "-o", "json", *weather)
        self._process = subprocess.Popen(
            argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.said = json.loads(self._process.stdout.readline())

    def requests(self) -> int:
        """How many requests it has answered."""
        key = {"X-Sandbox-Key": self.said["control_key"]}
        with httpx.Client(verify=self.said["ca_file"], timeout=60) as client:
            answer = client.get(f"{self.said['url']}/_sandbox/requests", headers=key)
        return len(answer.json()["requests"])

    def run(self, argv: list[str]) -> Measured:
        """Run a verb, and measure it."""
        before, began = self.requests(), time.perf_counter()
        common = ["--sandbox-at", self.said["url"], "-o", "json", "--deliver", "file:secrets/{name}.secret"]
        with (self._folder / "said.txt").open("w") as said:
            process = subprocess.Popen(
                program(*argv, *common), cwd=self._folder, stdout=subprocess.DEVNULL, stderr=said
            )
            _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(
                f"{argv} ended with {process.returncode}: {(self._folder / 'said.txt').read_text()}"
            )
        return Measured(
            seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, self.requests() - before
        )

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def measure(count: int, latency: int) -> dict[str, Measured]:
    """Every verb once, on a fresh sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder), count, latency)
        try:
            return {verb: served.run(argv) for verb, argv in VERBS.items()}
        finally:
            served.stop()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="10,60,180,300,1000")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--latency", type=int, default=100, metavar="MS")
    options = parser.parse_args()
    print(f"latency of a request: {options.latency} ms; median of {options.runs}")
    print("| configs | verb  | seconds |   CPU | peak MiB | requests | x the size before |")
    print("|---|---|---|---|---|---|---|")
    earlier: dict[str, float] = {}
    for count in map(int, options.sizes.split(",")):
        runs = [measure(count, options.latency) for _ in range(options.runs)]
        for verb in VERBS:
            seconds = statistics.median(run[verb].seconds for run in runs)
            cpu = statistics.median(run[verb].cpu for run in runs)
            most = max(run[verb].megabytes for run in runs)
            times = f"{seconds / earlier[verb]:.1f}" if verb in earlier else ""
            print(
                f"| {count:7} | {verb:5} | {seconds:7.2f} | {cpu:5.2f} | {most:8.0f} | "
                f"{runs[0][verb].requests:8} | {times} |",
                flush=True,
            )
            earlier[verb] = seconds


if __name__ == "__main__":
    main()
