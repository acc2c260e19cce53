"""What somebody does in the tenant between two requests of a run: nothing that is not known is recorded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support import Program, Ran, Tenant

ASKED = {"passwordCredential": {"displayName": "FOIAXpress Collaboration SMTP [provision:collab-prod]"}}
Act = Callable[[Tenant], None]
Meanwhile = Callable[[dict[int, Act]], None]


@pytest.fixture
def after_the_tags(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let somebody do something after the first list of tags that the run writes: by the requests since."""

    def arrange(acts: dict[int, Act]) -> None:
        send, since = httpx.ASGITransport.handle_async_request, list[str]()

        async def struck(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            answer = await send(transport, request)
            if since or request.method == "PATCH":
                since.append(request.method)
                act = acts.pop(len(since), None)
                if act is not None:
                    with ThreadPoolExecutor(1) as another:
                        another.submit(lambda: act(Tenant())).result()
            return answer

        monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", struck)

    return arrange


def test_what_a_person_removes_proves_no_delivery_of_another_run(
    provision: Program, config: str, applied: Ran, after_the_tags: Meanwhile
) -> None:
    """Another run is about to hand over its secret as a person removes the newest: that is no delivery.

    That run fails a moment later. The one that is left is not removed, for the one that was to stay is gone.
    """
    tenant, made = Tenant(), list[str]()
    assert provision("rotate", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    secrets = tenant.application()["passwordCredentials"]
    older, newest = (s["keyId"] for s in sorted(secrets, key=lambda item: item["startDateTime"]))
    path = f"/applications/{tenant.application()['id']}"

    def both(tenant: Tenant) -> None:
        made.append(tenant.do("POST", f"{path}/addPassword", ASKED)["keyId"])
        tenant.do("POST", f"{path}/removePassword", {"keyId": newest})

    def fails(tenant: Tenant) -> None:
        tenant.do("POST", f"{path}/removePassword", {"keyId": made[0]})

    after_the_tags({1: both, 4: fails})
    ran = provision("rotate", config, "--sandbox", "--yes", "--confirm", "--deliver", "file:out.secret")
    assert (ran.code, f"{newest}, which was to stay" in ran.out + ran.err) == (5, True), ran.out + ran.err
    app = Tenant().application()
    assert [secret["keyId"] for secret in app["passwordCredentials"]] == [older]
    assert not [tag for tag in app["tags"] if made[0] in tag]


def test_a_record_that_was_overwritten_is_written_again(
    provision: Program, config: str, applied: Ran, after_the_tags: Meanwhile
) -> None:
    """Another run delivered, recorded that and removed the newest, all between this one's read and write."""
    tenant, made = Tenant(), list[str]()
    assert provision("rotate", config, "--sandbox", "--yes", "--deliver", "file:out.secret").code == 0
    newest = max(tenant.application()["passwordCredentials"], key=lambda s: s["startDateTime"])["keyId"]
    path = f"/applications/{tenant.application()['id']}"

    def overwritten(tenant: Tenant) -> None:
        made.append(tenant.do("POST", f"{path}/addPassword", ASKED)["keyId"])
        tenant.do("POST", f"{path}/removePassword", {"keyId": newest})

    after_the_tags({1: overwritten})
    ran = provision("rotate", config, "--sandbox", "--yes", "--confirm", "--deliver", "file:out.secret")
    assert ran.code == 5, ran.out + ran.err
    tags = Tenant().application()["tags"]
    said = {
        f"provision:delivered:{made[0]}",
        f"provision:newest:collab-prod:{made[0]}",
        f"provision:succeeds:{newest}:{made[0]}",
    }
    assert said <= set(tags)


def test_an_emergency_that_wrote_over_anothers_record_writes_it_again(
    provision: Program, config: str, applied: Ran, after_the_tags: Meanwhile
) -> None:
    """Another one's whole emergency passed between this one's read and its declaration: done by that."""
    tenant, made = Tenant(), list[str]()
    (leaked,) = (secret["keyId"] for secret in tenant.application()["passwordCredentials"])
    path = f"/applications/{tenant.application()['id']}"

    def overwritten(tenant: Tenant) -> None:
        tenant.advance(seconds=5)
        made.append(tenant.do("POST", f"{path}/addPassword", ASKED)["keyId"])
        tenant.do("POST", f"{path}/removePassword", {"keyId": leaked})

    after_the_tags({1: overwritten})
    ran = provision("rotate", config, "--sandbox", "--yes", "--emergency", "--deliver", "file:out.secret")
    assert ran.code == 0, ran.out + ran.err
    app = Tenant().application()
    assert [secret["keyId"] for secret in app["passwordCredentials"]] == made
    assert made[0] in ran.out
    assert provision("plan", config, "--sandbox", "--detailed-exitcode").code == 0
