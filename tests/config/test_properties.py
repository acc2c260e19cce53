"""Generated configs: right ones load to what they say, broken ones end in a catalogued error."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.config import Config, load
from provision.errors import ProvisionError

# The clean folder is shared by the examples of one test; each writes the same file anew.
EXAMPLES = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40).filter(
    lambda text: "${" not in text and "\ufeff" not in text
)
LABELS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
HOSTS = st.tuples(LABELS, LABELS).map(lambda parts: f"{parts[0]}.{parts[1]}.example")
GUIDS = st.uuids().map(str).filter(lambda text: set(text) != {"0", "-"})
SPANS = st.tuples(st.integers(40, 700), st.just("d")).map(lambda parts: f"{parts[0]}{parts[1]}")


def maybe(keys: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


def both(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """All of these keys and some of those."""
    return st.fixed_dictionaries(required, optional=optional)


DOCUMENTS = both(
    {
        "version": st.just(1),
        "name": st.from_regex(r"[a-z0-9-]{3,64}", fullmatch=True),
        "tenant": both(
            {"id": GUIDS | HOSTS}, {"cloud": st.sampled_from(["global", "gcc", "gcc-high", "dod", "china"])}
        ),
        "application": both(
            {"admin_url": HOSTS.map(lambda host: f"https://{host}")},
            {
                "display_name": LINES,
                "redirect_uris": st.lists(
                    HOSTS.map(lambda host: f"https://{host}/x"), max_size=3, unique=True
                ),
                "client_id": GUIDS | st.none(),
                "owners": st.lists(GUIDS, max_size=3, unique=True) | st.none(),
                "notes": LINES | st.none(),
            },
        ),
        "mail": both(
            {"address": st.tuples(LABELS, HOSTS).map("@".join)},
            {"scope": st.sampled_from(["organization", "mailbox"])},
        ),
    },
    {
        "product": st.sampled_from(["collaboration", "pal", "foiaxpress", "ecase"]),
        "consent": st.sampled_from(["grant", "handoff"]),
        "secret": maybe({"description": LINES, "lifetime": SPANS, "renew_before": st.just("30d")}),
    },
)
STYLES = st.sampled_from([None, True, False])


def attempt(raw: bytes) -> Config | None:
    """Load what may be anything: a config, or a catalogued error that can be told; nothing else."""
    Path("prod.yaml").write_bytes(raw)
    try:
        (config,) = load(["prod.yaml"], variables={"A": "x"})
    except ProvisionError as error:
        for single in error.all:
            assert single.message
            assert single.fix
            assert single.entry.code.startswith("PRV2")
            assert single.where is None or single.where.file == "prod.yaml"
        return None
    return config


@EXAMPLES
@given(DOCUMENTS, STYLES)
def test_right_configs_load_to_what_they_say(document: dict[str, Any], flow: bool | None) -> None:
    """In block style, flow style, and the mixture that pyyaml makes by itself."""
    text = yaml.safe_dump(document, allow_unicode=True, default_flow_style=flow, sort_keys=False)
    config = attempt(text.encode())
    assert config is not None, text
    app = document["application"]
    desired = config.desired
    assert desired.name == desired.application.unique_name == document["name"]
    assert desired.tenant == document["tenant"]["id"]
    assert desired.cloud.name == document["tenant"].get("cloud", "global")
    assert desired.application.redirect_uris == (
        app["admin_url"] + "/connectors/SMTP.aspx",
        *app.get("redirect_uris", []),
    )
    for key in ("client_id", "notes"):
        assert getattr(desired.application, key) == app.get(key)
    assert desired.application.display_name == app.get("display_name", desired.application.display_name)
    assert list(desired.application.owners or ()) == (app.get("owners") or [])
    assert desired.mailbox.address == document["mail"]["address"]
    assert config.place("name").file == "prod.yaml"


@EXAMPLES
@given(DOCUMENTS, st.data())
def test_mutated_configs_never_fail_otherwise(document: dict[str, Any], data: st.DataObject) -> None:
    """Bytes cut out, put in and doubled: a config or a catalogued error."""
    raw = yaml.safe_dump(document, allow_unicode=True).encode()
    pieces = st.binary(max_size=8) | st.sampled_from(
        [
            b"\t",
            b"*a",
            b"&a",
            b"<<: ",
            b"!!int ",
            b"${A}",
            b"${",
            b"---\n",
            b"\n- ",
            b"? ",
            b"{",
            b"]",
            b"'",
            b"null",
            b": ",
            b"\xff\xfe",
            b"\x00",
            b"| ",
            b"extends: prod.yaml\n",
        ]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 20)))
        raw = raw[:start] + data.draw(pieces) + raw[end:]
    attempt(raw)


@EXAMPLES
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_noise_never_fails_otherwise(raw: bytes) -> None:
    """Anything at all."""
    assert attempt(raw) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.text(max_size=12)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


@EXAMPLES
@given(DOCUMENTS, st.data())
def test_any_value_at_any_key_never_fails_otherwise(document: dict[str, Any], data: st.DataObject) -> None:
    """The right keys with wrong kinds of value, wherever YAML can put them."""
    holder = document
    if data.draw(st.booleans()):
        holder = document[data.draw(st.sampled_from(["tenant", "application", "mail"]))]
    key = data.draw(
        st.sampled_from([*holder, "secret", "extends", "cloud", "delivery", "redirect_uris", "owners"])
    )
    holder[key] = data.draw(VALUES)
    attempt(yaml.dump(document, allow_unicode=True).encode())
