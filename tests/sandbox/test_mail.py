"""Exchange behind Graph: graph/api/user-sendmail and exchange/permissions-exo/application-rbac."""

from __future__ import annotations

from typing import Any

import pytest

from provision.sandbox.exchange import access

from .world import ADMIN, DOMAIN, MAILER, NOTHING, SCOPED, TENANT, World


def message(to: str = "someone@elsewhere.example", **more: Any) -> dict[str, Any]:
    return {
        "message": {
            "subject": "proof",
            "body": {"contentType": "Text", "content": "hello"},
            "toRecipients": [{"emailAddress": {"address": to}}],
            **more,
        }
    }


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("name", ["noreply", "team"])
def test_a_mailbox_is_there(world: World, name: str) -> None:
    """mailfolder-get by well-known name: 200, ``Sent Items``; a shared mailbox answers alike."""
    folder = world.graph(MAILER, "GET", f"/users/{name}@{DOMAIN}/mailFolders/sentitems").json()
    assert (folder["displayName"], folder["totalItemCount"]) == ("Sent Items", 0)
    assert folder["@odata.context"].endswith("/mailFolders/$entity")
    same = world.graph(MAILER, "GET", f"/users/{name}@{DOMAIN}/mailFolders/{folder['id']}").json()
    assert same["displayName"] == "Sent Items"
    listed = world.graph(MAILER, "GET", f"/users/{name}@{DOMAIN}/mailFolders").json()["value"]
    assert {f["displayName"] for f in listed} >= {"Inbox", "Sent Items", "Drafts"}


@pytest.mark.parametrize(("name", "purpose"), [("noreply", "user"), ("team", "shared")])
def test_the_settings_say_what_a_mailbox_is_for(world: World, name: str, purpose: str) -> None:
    """mailboxsettings: ``userPurpose``."""
    path = f"/users/{name}@{DOMAIN}/mailboxSettings"
    assert world.graph(MAILER, "GET", path).json()["userPurpose"] == purpose
    assert set(world.graph(MAILER, "GET", f"{path}?$select=userPurpose").json()) == {
        "@odata.context",
        "userPurpose",
    }


@pytest.mark.parametrize("name", ["plain", "nolicence", "gone"])
@pytest.mark.parametrize("what", ["mailFolders/sentitems", "mailboxSettings", "sendMail"])
def test_no_mailbox(world: World, name: str, what: str) -> None:
    """404 ``MailboxNotEnabledForRESTAPI`` (microsoft-graph-docs-contrib#6519)."""
    method, body = ("POST", message()) if what == "sendMail" else ("GET", None)
    answer = world.graph(MAILER, method, f"/users/{name}@{DOMAIN}/{what}", body)
    assert refused(answer) == (404, "MailboxNotEnabledForRESTAPI")


@pytest.mark.parametrize("name", ["nobody", "staff"])
def test_no_user(world: World, name: str) -> None:
    """404 ``ErrorInvalidUser``: nobody has the address, or a group has it."""
    answer = world.graph(MAILER, "GET", f"/users/{name}@{DOMAIN}/mailFolders/sentitems")
    assert refused(answer) == (404, "ErrorInvalidUser")
    assert answer.json()["error"]["message"] == f"The requested user '{name}@{DOMAIN}' is invalid."


def test_sending_is_accepted_and_kept_among_the_sent(world: World) -> None:
    """user-sendmail: 202, empty, no message id; ``saveToSentItems`` defaults to true."""
    box = f"/users/noreply@{DOMAIN}"
    answer = world.graph(MAILER, "POST", f"{box}/sendMail", message(f"ann@{DOMAIN}"))
    assert (answer.status_code, answer.content) == (202, b"")
    world.graph(MAILER, "POST", f"{box}/sendMail", {**message(), "saveToSentItems": False})
    sent = world.graph(MAILER, "GET", f"{box}/mailFolders/sentitems/messages").json()["value"]
    assert [(m["subject"], m["bodyPreview"]) for m in sent] == [("proof", "hello")]
    assert sent[0]["from"]["emailAddress"]["address"] == f"noreply@{DOMAIN}"
    one = world.graph(MAILER, "GET", f"{box}/messages/{sent[0]['id']}?$select=subject").json()
    assert one["subject"] == "proof"
    # The example of user-post-messages: each tells its version; contexts are percent-encoded.
    assert one["@odata.etag"] == sent[0]["@odata.etag"] == f'W/"{sent[0]["changeKey"]}"'
    assert one["@odata.context"].endswith(f"#users('noreply%40{DOMAIN}')/messages(subject)/$entity")
    assert sent[0]["webLink"].startswith("https://")
    inbox = world.graph(MAILER, "GET", f"/users/ann@{DOMAIN}/mailFolders/inbox/messages").json()["value"]
    assert [m["subject"] for m in inbox] == ["proof"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "ErrorInvalidParameter"),
        ({"message": {"subject": "x"}}, 400, "ErrorInvalidRecipients"),
        (message("not an address"), 400, "ErrorInvalidRecipients"),
        (message(""), 400, "ErrorInvalidRecipients"),
        ({"message": {"toRecipients": "x"}}, 400, "RequestBodyRead"),
        ({"message": {"toRecipients": [7]}}, 400, "ErrorInvalidRecipients"),
        (message(nonsense=1), 400, "RequestBodyRead"),
        (message(body={"contentType": "Pdf", "content": "x"}), 400, "RequestBodyRead"),
        ({**message(), "saveToSentItems": "perhaps"}, 400, "RequestBodyRead"),
        (
            message(sender={"emailAddress": {"address": "boss@contoso.example"}}),
            403,
            "ErrorSendAsDenied",
        ),
    ],
)
def test_what_sendmail_refuses(world: World, body: Any, status: int, code: str) -> None:
    """Exchange's codes; nothing is kept of a refused message."""
    box = f"/users/noreply@{DOMAIN}"
    assert refused(world.graph(MAILER, "POST", f"{box}/sendMail", body)) == (status, code)
    assert world.graph(MAILER, "GET", f"{box}/messages").json()["value"] == []


@pytest.mark.parametrize("who", [NOTHING, ADMIN])
def test_without_the_grant_exchange_refuses_in_its_own_words(world: World, who: str) -> None:
    """403 ``ErrorAccessDenied``, not the directory's code; it does not say whether the mailbox is there."""
    for name in ("noreply", "plain", "nobody"):
        answer = world.graph(who, "POST", f"/users/{name}@{DOMAIN}/sendMail", message())
        assert refused(answer) == (403, "ErrorAccessDenied")
        assert answer.json()["error"]["message"] == "Access is denied. Check credentials and try again."


def test_a_scope_reaches_this_mailbox_and_not_that_one(world: World) -> None:
    """RBAC for Applications: permissions on named mailboxes only, with a token that has no role at all."""
    assert world.graph(SCOPED, "POST", f"/users/noreply@{DOMAIN}/sendMail", message()).status_code == 202
    assert world.graph(SCOPED, "GET", f"/users/noreply@{DOMAIN}/mailFolders/sentitems").status_code == 200
    for name in ("ann", "team", "nobody"):
        answer = world.graph(SCOPED, "POST", f"/users/{name}@{DOMAIN}/sendMail", message())
        assert refused(answer) == (403, "ErrorAccessDenied")
    settings = world.graph(SCOPED, "GET", f"/users/noreply@{DOMAIN}/mailboxSettings")
    assert refused(settings) == (403, "ErrorAccessDenied")  # not among the scope's permissions


def test_an_entra_grant_is_not_narrowed_by_a_scope(world: World) -> None:
    """The union rule of application-rbac: an unscoped grant wins."""
    with world.sandbox.writing():
        access.limit(world.sandbox.store.tenants[TENANT], MAILER, [f"noreply@{DOMAIN}"], ["Mail.Send"])
    assert world.graph(MAILER, "POST", f"/users/ann@{DOMAIN}/sendMail", message()).status_code == 202


def test_a_person_sends_from_the_own_mailbox_only(world: World) -> None:
    """/me/sendMail with the delegated scope; another's mailbox is denied; an application has no /me."""
    assert world.graph("ann", "POST", "/me/sendMail", message()).status_code == 202
    sent = world.graph("ann", "GET", "/me/mailFolders/sentitems/messages").json()["value"]
    assert [m["subject"] for m in sent] == ["proof"]
    assert refused(world.graph("root", "GET", f"/users/ann@{DOMAIN}/messages")) == (403, "ErrorAccessDenied")
    assert world.graph("ann", "GET", f"/users/ann@{DOMAIN}/mailFolders/inbox").status_code == 200
    assert refused(world.graph("pra", "POST", "/me/sendMail", message())) == (
        404,
        "MailboxNotEnabledForRESTAPI",
    )
    assert refused(world.graph(MAILER, "POST", "/me/sendMail", message())) == (400, "BadRequest")


@pytest.mark.parametrize("what", ["messages", "mailFolders"])
def test_an_id_that_is_none_and_one_that_leads_to_nothing(world: World, what: str) -> None:
    """``ErrorInvalidIdMalformed`` and ``ErrorItemNotFound``, as public clients tell them apart."""
    base = f"/users/noreply@{DOMAIN}/{what}"
    for item, status, code in (
        ("nonsense", 400, "ErrorInvalidIdMalformed"),
        ("AAMk" + "A" * 100, 404, "ErrorItemNotFound"),
    ):
        answer = world.graph(MAILER, "GET", f"{base}/{item}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
