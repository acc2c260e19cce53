"""Run the spine against a real tenant, remove what it made, write a recording: ``python -m live``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from live import marker, tenant
from live.recorder import Recorder
from live.sanitise import Leak, Sanitiser
from live.settings import Missing, Settings, read
from live.spine import Failed, Spine

MISSING, FAILED, LEFT = 2, 1, 3


def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """0: it holds, nothing is left; 1: it does not hold; 2: something is not given; 3: something is left."""
    options = _parser().parse_args(argv)
    try:
        settings = read(environment or os.environ, options.recordings, options.sandbox_at)
    except Missing as missing:
        print(f"Not run, and nothing was touched. Missing:\n{missing}", file=sys.stderr)
        print("See docs/live.md.", file=sys.stderr)
        return MISSING
    recorder = Recorder(urlsplit(tenant.cloud_of(settings)[0].graph).netloc)
    name = marker.new(datetime.now(UTC))
    code = 0
    with recorder.listening():
        try:
            with tempfile.TemporaryDirectory(prefix="provision-live-") as folder, chdir(folder):
                print(f"{name} in tenant {settings.tenant}, cloud {settings.cloud}")
                spine = Spine(settings, name, Path(folder), print)
                spine.run()
                print(f"  {len(spine.checks)} checks hold")
        except Failed as failed:
            print(f"  FAILED: {failed}", file=sys.stderr)
            code = FAILED
        finally:
            made = any(raw.method != "GET" and raw.status in (200, 201) for raw in recorder.exchanges)
            left = tenant.remove(settings, name, made=made)
    for what in left:
        print(f"  LEFT: {what}", file=sys.stderr)
    print("  removed and purged" if not left else f"  see {name} in the portal")
    code = _write(recorder, settings, name) or code
    _clean(settings, yes=options.clean_leftovers)
    return LEFT if left else code


def _write(recorder: Recorder, settings: Settings, name: str) -> int:
    root = tenant.cloud_of(settings)[0].graph
    domains = {settings.mailbox.rpartition("@")[2], (settings.send_to or settings.mailbox).rpartition("@")[2]}
    sanitiser = Sanitiser(tenant_ids={settings.tenant}, domains=domains, root=root, marker=marker.PREFIX)
    sanitiser.forbidden |= {settings.mailbox.lower(), (settings.send_to or settings.mailbox).lower()}
    try:
        document = sanitiser.recording(recorder.exchanges, recorder.callers)
    except Leak as leak:
        print(f"  {leak}", file=sys.stderr)
        return FAILED
    settings.folder.mkdir(parents=True, exist_ok=True)
    path = settings.folder / f"{name}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"  {len(document['exchanges'])} exchanges recorded: {path}")
    print(f"  compare the sandbox with it: make conformance RECORDINGS={settings.folder}")
    return 0


def _clean(settings: Settings, *, yes: bool) -> None:
    """Offer to remove what killed runs left, more than a day ago."""
    found = tenant.leftovers(settings)
    if not found:
        return
    print(f"{len(found)} left by runs of more than a day ago that were killed:")
    for item in found:
        print(f"  {item.name} ({item.id}{', deleted' if item.deleted else ''})")
    if not yes and sys.stdin.isatty():
        yes = input("Delete and purge them? Type yes: ").strip().lower() == "yes"
    if not yes:
        print("They stay. --clean-leftovers removes them.")
        return
    tenant.purge(settings, found)
    print("removed and purged")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m live", description=__doc__)
    parser.add_argument(
        "--recordings", type=Path, default=Path("live-recordings"), help="where the recording goes"
    )
    parser.add_argument(
        "--clean-leftovers", action="store_true", help="remove, without a question, what killed runs left"
    )
    parser.add_argument("--sandbox-at", metavar="URL", help="a served sandbox in place of a tenant")
    return parser


if __name__ == "__main__":
    sys.exit(main())
