"""The spine: what a user does in the life of one registration, each step with what it must come to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live.program import Ran, run
from live.settings import Settings

CONFIG = """\
version: 1
name: {name}
tenant:
  id: {tenant}
  cloud: {cloud}
application:
  display_name: {name}
  admin_url: https://{name}.example
  notes: Made by provision's live tests, which remove it. Safe to delete.
mail:
  address: {mailbox}
"""


_LOOKS, _PAUSE = 24, 5.0  # two minutes
_IN_A_ROW = 3  # one server that knows says nothing of the next


class Failed(Exception):
    """A step did not come to what it must; the rest is not tried."""


@dataclass
class Spine:
    """One registration's life, in a folder of its own."""

    settings: Settings
    name: str
    folder: Path
    tell: Callable[[str], None]
    consented: bool = False
    client_id: str = ""
    checks: list[str] = field(default_factory=list)
    _new: str = ""

    def run(self) -> None:
        """Go through it; ``Failed`` at the first step that is wrong."""
        self.folder.joinpath("live.yaml").write_text(
            CONFIG.format(
                name=self.name,
                tenant=self.settings.tenant,
                cloud=self.settings.cloud,
                mailbox=self.settings.mailbox,
            )
        )
        for step in (
            self.plan,
            self.apply,
            self.again,
            self.show,
            self.verify,
            self.rotate,
            self.confirm,
            self.drift,
        ):
            self.tell(f"  {step.__name__:<8} {step()}")

    # -- steps -----------------------------------------------------------------------------

    def plan(self) -> str:
        """Nothing is there, all is to be made, and nothing is written."""
        planned = self._json(self._do("plan", "--detailed-exitcode"), 2)
        actions = {
            change["address"]: change["change"]["actions"][0] for change in planned["resource_changes"]
        }
        self._that(actions.pop("consent") in ("create", "handoff"), "consent is planned")
        self._that(set(actions.values()) == {"create"}, f"all is to be made: {actions}")
        found = [finding["name"] for finding in planned["findings"]]
        return f"{len(actions) + 1} changes; findings: {', '.join(found) or 'none'}"

    def apply(self) -> str:
        """Made, and the secret delivered; consent given, or told that it is not."""
        ran = self._do("apply", *self._deliver())
        made = self._json(ran, 0, 3)
        self.client_id = made["outputs"]["oauth_client_id"]
        self.consented = made["consent"]["state"] == "granted"
        secret = self._file().read_text()
        self._that(secret[:3] == made["outputs"]["secret_key"]["hint"], "the file holds the secret")
        return f"client {self.client_id}; consent {made['consent']['state']}"

    def again(self) -> str:
        """Nothing changes, once every server knows what there is."""
        self._wait("plan", self._nothing_pending)
        ran = self._do("apply", *self._deliver())
        statuses = {change["address"]: change["status"] for change in self._json(ran, 0, 3)["changes"]}
        if not self.consented:  # each run tries, and hands over
            statuses.pop("consent")
        self._that(set(statuses.values()) == {"unchanged"}, f"nothing changes: {statuses}")
        return "unchanged"

    def show(self) -> str:
        """The values to enter, as apply gave them, and not the secret."""
        ran = self._do("show")
        shown = self._json(ran, 0)
        self._that(shown["outputs"]["oauth_client_id"] == self.client_id, "the same client id")
        self._that(self._file().read_text() not in ran.out, "the secret is not shown")
        return f"{len(shown['settings'])} values"

    def verify(self) -> str:
        """The rungs; a test mail where an address is given."""
        send = ("--send-to", self.settings.send_to) if self.settings.send_to else ()
        ran = self._do("verify", "--secret-from", f"file:{self._file()}", *send)
        rungs = {rung["rung"]: rung["verdict"] for rung in ran.json["rungs"]}
        told = ", ".join(f"{name} {verdict}" for name, verdict in rungs.items())
        self._that(rungs.get("token") == "pass", f"the secret signs in: {told}")
        if self.consented:
            self._that(ran.code == 0, f"every rung: {told}\n{ran.out}")
        return told

    def rotate(self) -> str:
        """A second secret beside the first."""
        before = self._file().read_text()
        rotated = self._json(self._do("rotate", *self._deliver()), 0, 3)
        self._new = rotated["outputs"]["secret_key"]["key_id"]
        self._that(self._file().read_text() != before, "the file holds the new secret")
        return f"the one before works until {rotated['outputs']['secret_key']['confirm_by']}"

    def confirm(self) -> str:
        """The first one goes, once the second has signed in."""
        self._wait("show", lambda shown: (shown["outputs"]["secret_key"] or {}).get("key_id") == self._new)
        ran = self._do("rotate", "--confirm", "--yes", "--secret-from", f"file:{self._file()}")
        confirmed = self._json(ran, 0, 3)
        self._that(confirmed.get("proof") == "token", "the new secret signed in")
        removed = [change["address"] for change in confirmed["changes"] if change["status"] == "done"]
        self._that(len(removed) == 1, f"one is removed: {removed}")
        return f"proof: {confirmed['proof']}"

    def drift(self) -> str:
        """Nothing of the registration differs, and nothing is on it that nobody declared."""
        self._wait("plan", self._nothing_pending)
        found = self._json(self._do("drift"), 0, 4)["findings"]
        wrong = [
            f["message"] for f in found if f["severity"] != "info" and f["name"] not in self._of_tenant()
        ]
        self._that(not wrong, f"nothing drifted: {wrong}")
        return f"findings: {', '.join(sorted({finding['name'] for finding in found})) or 'none'}"

    def _of_tenant(self) -> set[str]:
        """Findings that say something of the tenant, and nothing wrong of the registration."""
        return {"mailbox-missing", *(() if self.consented else ("mail-not-granted",))}

    # -- helpers ---------------------------------------------------------------------------

    def _do(self, verb: str, *more: str) -> Ran:
        at = ("--sandbox-at", self.settings.sandbox) if self.settings.sandbox else ()
        config = str(self.folder / "live.yaml")
        return run([verb, config, *at, "--auth", self.settings.auth, "-o", "json", *more])

    def _wait(self, verb: str, settled: Callable[[Any], bool]) -> None:
        """Look until what was written shows: a replica that is behind is Entra's affair, and passes."""
        in_a_row, told = 0, False
        for _ in range(_LOOKS):
            ran = self._do(verb)
            in_a_row = in_a_row + 1 if ran.code in (0, 3) and settled(ran.json) else 0
            if in_a_row == _IN_A_ROW:
                return
            if not in_a_row and not told:
                told = True
                self.tell("           waiting until every server knows what was written")
            if told:  # then also between looks that agree: servers take turns
                time.sleep(_PAUSE)

    def _nothing_pending(self, planned: Any) -> bool:
        """Say whether a plan changes nothing; a consent that this identity may not give stays planned."""
        return all(
            change["change"]["actions"] == ["no-op"]
            for change in planned["resource_changes"]
            if self.consented or change["address"] != "consent"
        )

    def _deliver(self) -> tuple[str, ...]:
        return ("--yes", "--deliver", f"file:{self._file()}")

    def _file(self) -> Path:
        return self.folder / "live.secret"

    def _json(self, ran: Ran, *codes: int) -> Any:
        self._that(
            ran.code in codes, f"it exits {' or '.join(map(str, codes))}, not {ran.code}\n{ran.out}{ran.err}"
        )
        return ran.json

    def _that(self, right: bool, what: str) -> None:
        if not right:
            raise Failed(what)
        self.checks.append(what)
