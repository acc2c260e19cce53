"""The JSON that others build on: the name and the type of every field, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import TENANT, Program, Ran, Tenant, write_config

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
CODE, NAME, TEXT = r"PRV\d{3}", r"[a-z0-9]+(?:-[a-z0-9]+)*", r"(?s).+"
DIGEST = r"sha256:[0-9a-f]{64}"
ACTION = r"create|update|delete|no-op|handoff"


class Maybe:
    """A shape, or null."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


ERROR_FIELDS = {
    "code": CODE,
    "error": NAME,
    "config": Maybe(TEXT),
    "name": Maybe(NAME),
    "message": TEXT,
    "fix": TEXT,
    "where": Maybe(TEXT),
    "request_id": Maybe(TEXT),
    "service_code": Maybe(TEXT),
    "exit_code": int,
}
ERROR = {"format": "provision.error/2", **ERROR_FIELDS, "errors": [ERROR_FIELDS]}
CHANGE = {
    "address": r"(application|service_principal|consent|client_secret(\[.+\])?)",
    "type": r"application|service_principal|consent|client_secret",
    "name": "collab-prod",
    "change": {"actions": [ACTION], "before": Maybe(dict), "after": Maybe(dict)},
    "reason": TEXT,
}
FINDING = {
    "code": CODE,
    "name": NAME,
    "severity": "info|warning|error",
    "message": TEXT,
    "fix": TEXT,
    "source": Maybe(r"https://.+"),
}
HEAD = {"target": "graph|sandbox", "name": "collab-prod", "tenant_id": GUID, "cloud": NAME}
PLAN = {
    "format": "provision.plan/1",
    **HEAD,
    "resource_changes": [CHANGE],
    "findings": [FINDING],
    "summary": {"create": int, "update": int, "delete": int, "no-op": int, "handoff": int},
    "delivery": TEXT,
    "made_up": ["tenant|mailbox|rights"],
    "digest": DIGEST,
}
SECRET_KEY = {
    "key_id": GUID,
    "hint": Maybe(r".{3}"),
    "expires": TIME,
    "renew": TIME,
    "delivered_to": Maybe(TEXT),
    "adopted": bool,
    "confirm_by": Maybe(TIME),
}
RESULT = {
    "format": "provision.result/1",
    **HEAD,
    "made_up": ["tenant|mailbox|rights"],
    "changes": [{**CHANGE, "status": "done|unchanged|handoff|failed|not-tried", "error": Maybe(ERROR)}],
    "findings": [FINDING],
    "outputs": {
        "oauth_client_id": Maybe(GUID),
        "tenant_id": GUID,
        "email_address": r"[^@\s]+@[^@\s]+",
        "secret_key": Maybe(SECRET_KEY),
    },
    "settings": [{"screen": TEXT, "label": TEXT, "value": TEXT}],
    "consent": {
        "state": "granted|required|not-needed",
        "url": Maybe(r"https://.+"),
        "role_needed": "Privileged Role Administrator",
        "detail": "granted|required|revoked|partial|delegated-only|not-needed",
        "message": Maybe({"subject": TEXT, "body": TEXT}),
    },
    "portal_url": Maybe(r"https://.+"),
}
LAST_USE = {
    "read": Maybe(TIME),
    "not_read": Maybe(TEXT),
    "secrets": [{"key_id": GUID, "last_used": Maybe(TIME)}],
}

SEARCH = {"passed_over": [{"path": TEXT, "reason": TEXT}], "left_out": [TEXT]}
SEVERAL = {
    "plan": {
        "format": "provision.plans/1",
        "digest": Maybe(DIGEST),
        "findings": [FINDING],
        "plans": [],
        **SEARCH,
    },
    "result": {"format": "provision.results/1", "results": [], **SEARCH},
}


def conforms(value: Any, shape: Any, at: str = "$") -> None:
    """Fail where a document differs from a shape: a pattern for text, a type, a list of one, a map."""
    if isinstance(shape, Maybe):
        if value is not None:
            conforms(value, shape.shape, at)
    elif isinstance(shape, dict):
        assert isinstance(value, dict), at
        assert list(value) == list(shape), f"{at}: {list(value)}"
        for key, inner in shape.items():
            conforms(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for number, item in enumerate(value):
            conforms(item, shape[0], f"{at}[{number}]")
    elif isinstance(shape, str):
        assert isinstance(value, str), at
        assert re.fullmatch(shape, value), f"{at}: {value!r}"
    else:
        assert type(value) is shape, f"{at}: {value!r}"


def apply(provision: Program, config: str, *more: str) -> Ran:
    """Apply with the secret going to a file."""
    return provision(
        "apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json", *more
    )


def test_a_plan(provision: Program, config: str) -> None:
    """Before and after apply, with an update, and with findings."""
    shown = [provision("plan", config, "--sandbox", "-o", "json").json]
    apply(provision, config)
    shown.append(provision("plan", config, "--sandbox", "-o", "json").json)
    changed = write_config(display_name="Another", more="secret:\n  lifetime: max\nconsent: handoff\n")
    shown.append(provision("plan", changed, "--sandbox", "-o", "json").json)
    for plan in shown:
        conforms(plan, PLAN)
        assert sum(plan["summary"].values()) == len(plan["resource_changes"])
        assert all(len(change["change"]["actions"]) == 1 for change in plan["resource_changes"])
        assert [c["address"] for c in plan["resource_changes"]] == [
            "application",
            "service_principal",
            "consent",
            "client_secret",
        ]
    assert shown[0]["resource_changes"][0]["change"]["before"] is None
    assert {c["change"]["actions"][0] for c in shown[1]["resource_changes"]} == {"no-op"}
    assert shown[2]["resource_changes"][0]["change"] == {
        "actions": ["update"],
        "before": {"displayName": "FOIAXpress Collaboration Mail"},
        "after": {"displayName": "Another"},
    }
    assert shown[2]["findings"]
    assert len({plan["digest"] for plan in shown}) == 3


def test_a_result(provision: Program, config: str) -> None:
    """The first apply's, a second one's, and show's."""
    first = apply(provision, config)
    for document in (first.json, apply(provision, config).json):
        conforms(document, RESULT)
    shown = provision("show", config, "--sandbox", "-o", "json").json
    portal = {"portal_url": RESULT["portal_url"]}  # before it stands what show alone reads
    conforms(
        shown, {**{key: RESULT[key] for key in RESULT if key not in portal}, "last_use": LAST_USE, **portal}
    )
    assert [item["key_id"] for item in shown["last_use"]["secrets"]] == [
        shown["outputs"]["secret_key"]["key_id"]
    ]
    assert [setting["label"] for setting in first.json["settings"]] == [
        "OAuth Client ID",
        "Tenant ID",
        "Email Address",
        "Secret Key",
    ]


@pytest.mark.parametrize("code", ["sys.exit(3)", "sys.exit(0)"])
def test_a_result_with_a_failure(provision: Program, config: str, code: str) -> None:
    """The failed change carries an error of the same shape as one that stands alone."""
    Path("sink.py").write_text(f"import sys; sys.stdin.read(); {code}")
    ran = provision(
        "apply",
        config,
        "--sandbox",
        "--yes",
        "-o",
        "json",
        "--allow",
        "rehearsal-delivery",
        "--deliver",
        "command:python3 sink.py",
    )
    conforms(ran.json, RESULT)
    failed = [change for change in ran.json["changes"] if change["status"] == "failed"]
    assert [change["error"]["error"] for change in failed] == (["delivery-failed"] if "3" in code else [])


def test_a_result_with_a_hand_over(provision: Program) -> None:
    """State, link and role, and the change that is a person's."""
    ran = apply(provision, write_config(more="consent: handoff\n"))
    assert ran.code == 3
    conforms(ran.json, RESULT)
    assert ran.json["consent"]["state"] == "required"
    assert f"/{TENANT}/adminconsent?client_id=" in ran.json["consent"]["url"]


def test_several(provision: Program) -> None:
    """Plans and results are lists of these, in the order given; one that failed is an error in its place."""
    for name in ("collab-one", "collab-two"):
        write_config(f"{name}.yaml", name=name)
    Tenant().do(
        "PATCH",
        "/applications(uniqueName='collab-two')",
        {"displayName": "x"},
        {"Prefer": "create-if-missing"},
    )
    paths = ("collab-one.yaml", "collab-two.yaml")
    plans = provision("plan", *paths, "--sandbox", "-o", "json")
    results = provision(
        "apply", *paths, "--sandbox", "--yes", "--deliver", "file:{name}.secret", "-o", "json"
    )
    assert (plans.code, results.code) == (5, 5)
    for document, kind, shape in ((plans.json, "plan", PLAN), (results.json, "result", RESULT)):
        conforms({**document, f"{kind}s": []}, SEVERAL[kind])
        first, second = document[f"{kind}s"]
        conforms({**first, "name": "collab-prod", **renamed(first)}, shape)
        conforms(second, ERROR)


def renamed(document: Any) -> Any:
    """The changes of a document as if they were of the config that the shapes name."""
    key = "changes" if "changes" in document else "resource_changes"
    return {key: [{**change, "name": "collab-prod"} for change in document[key]]}


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["plan", "nowhere.yaml"], 65),
        (["plan", "broken.yaml", "--sandbox"], 65),
        (["validate", "broken.yaml"], 65),
        (["plan"], 64),
        (["nonsense"], 64),
        (["explain", "PRV000"], 64),
        (["apply", "prod.yaml", "--sandbox", "--yes", "--deliver", "file:no/where"], 1),
        (["show", "prod.yaml", "--sandbox"], 1),
    ],
)
def test_an_error(provision: Program, config: str, argv: list[str], code: int) -> None:
    """Of every kind: the same fields, and the exit code is the worst of those in it."""
    Path("broken.yaml").write_text("version: 2\nname: A\ntennant: {}\n")
    ran = provision(*argv, "-o", "json")
    assert ran.code == code
    conforms(ran.json, ERROR)
    assert code == ran.json["exit_code"]
    if "broken.yaml" in argv:
        assert len(ran.json["errors"]) >= 3
        assert all(error["where"].startswith("broken.yaml:") for error in ran.json["errors"])


def test_an_explanation(provision: Program) -> None:
    """One, and the list of all."""
    one = {
        "format": "provision.explanation/1",
        "code": CODE,
        "name": NAME,
        "title": TEXT,
        "cause": TEXT,
        "fix": TEXT,
        "exit_code": int,
        "allowable": bool,
        "source": Maybe(r"https://\S+"),
        "service_codes": [TEXT],
        "found": list,
    }
    conforms(provision("explain", "PRV305", "-o", "json").json, one)
    every = provision("explain", "-o", "json").json
    conforms(every, {"format": "provision.explanations/1", "entries": [one]})
    assert len(every["entries"]) > 40
