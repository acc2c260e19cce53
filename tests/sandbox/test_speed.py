"""What a served sandbox's answers must not wait for. Figures come from ``benchmarks``, not from here."""

from __future__ import annotations

import time

from .served import Served


def test_no_answer_waits_for_an_acknowledgement() -> None:
    """With Nagle's delay on, each answer on a kept connection takes 40 ms: head and body are two packets."""
    served = Served()
    try:
        times = []
        for _ in range(12):
            began = time.perf_counter()
            assert served.client.get(f"/{served.endpoint.tenant_id}/discovery/v2.0/keys").status_code == 200
            times.append(time.perf_counter() - began)
    finally:
        served.close()
    assert min(times) < 0.03
