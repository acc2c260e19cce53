"""The dates of a fleet's secrets in Prometheus' text format 0.0.4, for a textfile collector or a push.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from provision.outcomes.expiry import Expiry, Row, Unreadable, Watched
from provision.plan.model import Target
from provision.report.escape import plain
from provision.report.formats import PLAIN, Medium
from provision.values import dataclass


@dataclass(frozen=True, slots=True)
class _Sample:
    labels: dict[str, str]
    value: int


_Metric = tuple[str, str, list[_Sample]]  # name, what it means, samples


def expiry_prometheus(expiry: Expiry, _: Medium = PLAIN) -> bytes:
    """Return the metrics; each gauge's samples share one set of labels, so that they can be joined.

    They are UTF-8 with line feeds by their norm, whatever the terminal's are.
    """
    mark = {"target": expiry.target.value} if expiry.target is Target.SANDBOX else {}
    families = (*_of_secrets(expiry.secrets), *_of_configs(expiry))
    lines = (line for name, words, samples in families for line in _family(name, words, samples, mark))
    return "".join(lines).encode("utf-8", "backslashreplace")


def _of_secrets(secrets: Sequence[Row]) -> tuple[_Metric, ...]:
    return (
        (
            "provision_secret_expiry_timestamp_seconds",
            "When the secret ends, in Unix time.",
            [_of(row, int(row.secret.end.timestamp())) for row in secrets if row.secret],
        ),
        (
            "provision_secret_renewal_timestamp_seconds",
            "From when on apply mints the secret's successor, in Unix time.",
            [_of(row, int(row.renew.timestamp())) for row in secrets if row.renew],
        ),
        (
            "provision_secret_managed",
            "Whether the secret carries the config's mark (1) or is somebody else's (0).",
            [_of(row, row.ours) for row in secrets],
        ),
        (
            "provision_secret_awaiting_confirmation",
            "Whether the secret was delivered beside an older one that still has to be retired.",
            [_of(row, row.confirm_by is not None) for row in secrets if row.ours],
        ),
        (
            "provision_secret_confirm_by_timestamp_seconds",
            "The last day to enter a secret that waits for it, in Unix time.",
            [_of(row, int(row.confirm_by.timestamp())) for row in secrets if row.confirm_by],
        ),
        (
            "provision_secret_needs_attention",
            "Whether the secret is one for which 'provision expiry' exits 4.",
            [_of(row, row.attention) for row in secrets],
        ),
    )


def _of_configs(expiry: Expiry) -> tuple[_Metric, ...]:
    return (
        (
            "provision_config_delivered_secrets",
            "How many delivered secrets of the config are alive.",
            [
                _Sample({"config": item.name, "tenant": item.tenant}, item.delivered)
                for item in expiry.watched
            ],
        ),
        (
            "provision_config_needs_attention",
            "Whether something of the config is a reason for 'provision expiry' to exit 4.",
            [
                _Sample({"config": item.name, "tenant": item.tenant}, any(row.attention for row in item.rows))
                for item in expiry.watched
            ],
        ),
        (
            "provision_config_readable",
            "Whether the config's application could be read.",
            _readable(expiry.configs),
        ),
    )


def _family(name: str, words: str, samples: Sequence[_Sample], mark: Mapping[str, str]) -> Iterator[str]:
    """Yield a metric's lines; ``mark`` are labels that tell a rehearsal's samples from real ones."""
    yield f"# HELP {name} {words}\n"
    yield f"# TYPE {name} gauge\n"
    for sample in samples:
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in {**sample.labels, **mark}.items())
        yield f"{name}{{{labels}}} {int(sample.value)}\n"


def _readable(configs: Sequence[Watched | Unreadable]) -> list[_Sample]:
    """Return for each config its name or else its file, and the tenant as it calls it, if known.

    A label that is not there is one that is empty: https://prometheus.io/docs/concepts/data_model/. Of
    configs that are called the same, the worst is told: a series that stands there twice makes the
    collectors refuse all of them.
    """
    found: dict[tuple[str, str], bool] = {}
    for item in configs:
        name = item.subject if isinstance(item, Unreadable) else item.name
        key = (name, item.tenant or "")
        found[key] = found.get(key, True) and isinstance(item, Watched)
    return [
        _Sample({"config": name, **({"tenant": tenant} if tenant else {})}, readable)
        for (name, tenant), readable in found.items()
    ]


def _of(row: Row, value: int) -> _Sample:
    assert row.secret is not None
    labels = {
        "config": row.config,
        "tenant_id": row.tenant_id,
        "key_id": row.secret.key_id,
        "display_name": row.secret.display_name or "",
    }
    return _Sample(labels, value)


def _escaped(text: str) -> str:
    """Return a label's value. A line's end cannot be in it: what cannot be seen is written out before."""
    return plain(text).replace("\\", "\\\\").replace('"', '\\"')
