"""The checks of ``provision verify``, in order, made with nothing but the four values of System Settings.

Each check is a rung of a ladder: one that fails ends the run, one that is skipped does not. Whoever runs
this may have rights in the tenant or none; a rung that needs rights is skipped without them, and the test
mail is the proof.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace

from provision.engine.dressing import no_value, undressed
from provision.engine.scoped import by_exchange
from provision.errors import Entry, ProvisionError, catalogue
from provision.graph import mail, mailbox, senses
from provision.graph.answers import Failure, Lost, Refusal
from provision.graph.client import Graph
from provision.graph.polling import Polling
from provision.graph.reach import hosts
from provision.graph.refusals import is_denied
from provision.graph.sign_in import Refused, looks_like_id, sign_in
from provision.graph.tenant import openid_url
from provision.graph.tokens import claims_of, fixed_token
from provision.outcomes.verify import Rung, Verdict, Verification
from provision.products.permissions import SEND, Permission
from provision.resources.client_secret import Observed
from provision.resources.mailbox import Scope, State
from provision.resources.mailbox_scope import Standing
from provision.secret import Secret
from provision.values import dataclass

# What an entry says of whoever runs the program says nothing of the values under test.
_ABOUT_THE_CALLER = (catalogue.SIGN_IN, catalogue.NO_PERMISSION, catalogue.GRAPH_REFUSED)
_UNSURE = 20.0  # seconds to wait at most where it is not known whether there is anything to wait for


@dataclass(frozen=True, slots=True)
class Entered:
    """The four values as they are entered in the product, ``mail.scope`` of the config, and what it needs."""

    client_id: str
    tenant_id: str  # a GUID, or a domain
    address: str
    secret: Secret
    scope: Scope
    permission: Permission = SEND


@dataclass(frozen=True, slots=True)
class Known:
    """What whoever runs this could read in the tenant; ``None`` where that is not known."""

    secret_is_new: bool | None = None  # made minutes ago, so not every server may know it
    granted: bool | None = None  # what the product needs, in Entra
    older_hints: frozenset[str] = frozenset()  # beginnings of secrets that have a successor
    hints: frozenset[str] | None = None  # how every secret of the application begins
    young_hints: frozenset[str] | None = None  # how those begin that not every server may know
    present: Observed | None = None  # the newest of ours
    gone: bool = False  # the tenant was looked into, and has no application of that client id
    ids: Mapping[str, str] = field(default_factory=dict)  # what each id of the application is, in words
    removed: str | None = None  # the key that the value was, by the record of where it was read
    address_at: str = "the config"  # where mail.address stands
    reach: Standing | None = None  # how far mail may be sent, as it was read


async def run_rungs(
    graph: Graph, entered: Entered, known: Known, *, recipient: str | None, subject: str, budget: float
) -> Verification:
    """Run the rungs until one fails, and return every rung that was tried; a failure is one, no exception.

    ``graph`` is signed in as whoever runs this, who may have no rights at all. Without a ``recipient`` no
    mail is sent. ``budget`` is how many seconds one rung may wait for Entra to spread what is new; where
    nothing is known to be new it waits less, or not at all.
    """
    ladder = _Ladder(graph, entered, known, recipient=recipient, subject=subject, budget=budget)
    rungs: list[Rung] = []
    last = (ladder.send, ladder.seen) if entered.permission.sends else (ladder.read,)
    for step in (ladder.reach, ladder.token, ladder.role, ladder.mailbox, *last):
        rung = await step()
        rungs.append(rung)
        if rung.verdict is Verdict.FAIL:
            break
    return Verification(tuple(rungs))


class _Ladder:
    def __init__(
        self,
        graph: Graph,
        entered: Entered,
        known: Known,
        *,
        recipient: str | None,
        subject: str,
        budget: float,
    ) -> None:
        self._graph, self._entered, self._known = graph, entered, known
        self._recipient, self._subject, self._budget = recipient, subject, budget
        self._token = ""
        self._sent = False

    # -- the rungs, from the ground up ------------------------------------------------------

    async def reach(self) -> Rung:
        """Check that both hosts answer, and that the tenant is in this cloud."""
        cloud = self._graph.cloud
        found = await hosts(self._graph, self._entered.tenant_id)
        error = found.login or found.graph or found.tenant
        if error is None:
            return Rung("reach", Verdict.PASS, f"{cloud.login} and {cloud.graph} answer")
        entry = error.entry
        if entry is catalogue.TENANT_NOT_FOUND:
            swapped = await self._is_tenant(self._entered.client_id)
            entry = catalogue.IDS_SWAPPED if swapped else catalogue.TENANT_UNKNOWN
        fix = error.fix if entry is error.entry else None
        return _fail("reach", error.message, entry, fix=fix)

    async def token(self) -> Rung:
        """Sign in with client id, tenant and secret, as the product will do."""
        if looks_like_id(self._entered.secret):
            return _fail("token", f"the Secret Key {self._which_id()}", catalogue.SECRET_ID_PASTED)
        if told := no_value(self._entered.secret):
            return _fail("token", f"the Secret Key is no secret: {told}", catalogue.SECRET_REFUSED)
        return await self._waiting(self._token_once, self._known.secret_is_new)

    async def role(self) -> Rung:
        """Check that the token carries what the product needs, or that Exchange alone decides."""
        return await self._waiting(self._role_once, self._known.granted)

    async def mailbox(self) -> Rung:
        """Check that the address has a mailbox; skipped if whoever runs this may not read that."""
        try:
            found = await mailbox.observe(self._graph, self._entered.address)
        except (ProvisionError, Failure) as error:
            if isinstance(error, ProvisionError) and error.entry is catalogue.OTHER_OBJECT:
                return _fail("mailbox", error.message, error.entry)
            return Rung("mailbox", Verdict.SKIPPED, f"this identity cannot look: {_words(error)}")
        if found.state is State.NOT_CHECKED:
            return Rung("mailbox", Verdict.SKIPPED, f"not checked: needs {found.detail}")
        if found.state is State.PRESENT:
            return Rung("mailbox", Verdict.PASS, f"{self._entered.address} has a mailbox")
        message = f"{self._entered.address}: {found.state} ({found.detail})"
        return _fail("mailbox", message, catalogue.NO_MAILBOX, fix=_misspelt(self._known.address_at))

    async def send(self) -> Rung:
        """Send a message as the application; skipped without a recipient."""
        if self._recipient is None:
            return Rung("send", Verdict.SKIPPED, "not proven: no --send-to, so no message was sent")
        way = self._graph.signed_in(fixed_token(self._token, self._entered.tenant_id, self._graph.cloud))
        text = "Sent by 'provision verify' to prove that this mailbox can send. Nothing needs to be done.\n"
        return await self._waiting(lambda: self._send_once(way, text), self._known.granted)

    async def read(self) -> Rung:
        """Look into the inbox as the application; no message's content is asked for."""
        way = self._graph.signed_in(fixed_token(self._token, self._entered.tenant_id, self._graph.cloud))
        return await self._waiting(lambda: self._read_once(way), self._known.granted)

    async def seen(self) -> Rung:
        """Look for the message in Sent Items; skipped if whoever runs this may not read them."""
        if not self._sent:
            return Rung("seen", Verdict.SKIPPED, "there is no message to look for")
        polling = Polling(self._graph, self._budget)
        while True:
            try:
                if await mail.sent(self._graph, self._entered.address, self._subject):
                    return Rung("seen", Verdict.PASS, "the message is in Sent Items")
            except (ProvisionError, Failure) as error:
                may_not = isinstance(error, Failure) and is_denied(error)  # as a rule, and no fault
                why = "" if may_not else f" ({_words(error)})"
                return Rung("seen", Verdict.SKIPPED, f"not looked: takes Mail.Read{why}")
            if not await polling.pause("the message is not in Sent Items yet"):
                return Rung("seen", Verdict.SKIPPED, "not in Sent Items yet; it may still come")

    # -- once each ---------------------------------------------------------------------------

    async def _token_once(self) -> tuple[Rung, bool]:
        entered = self._entered
        try:
            self._token = await sign_in(self._graph, entered.tenant_id, entered.client_id, entered.secret)
        except Refused as refused:
            rung = await self._refused(refused)
            # A mistake that is known for what it is does not go away by waiting.
            return rung, refused.transient and self._may_be_late(rung)
        except ProvisionError as error:
            return _fail("token", error.message, error.entry), False
        return Rung("token", Verdict.PASS, "a token was given for the three values"), False

    def _may_be_late(self, rung: Rung) -> bool:
        """Say whether a server may not have heard of the value yet: not where nothing new begins so."""
        hint, known = self._entered.secret.hint, self._known
        if rung.entry is catalogue.APPLICATION_UNKNOWN:
            return not known.gone
        if rung.entry is not catalogue.SECRET_REFUSED or hint in known.older_hints:
            return False
        return known.young_hints is None or hint in known.young_hints

    async def _role_once(self) -> tuple[Rung, bool]:
        if not self._token:  # a token from before a grant knows nothing of it
            rung, again = await self._token_once()
            if rung.verdict is Verdict.FAIL:
                return rung, again
        roles = _roles(self._token)
        if roles is None:
            return Rung("role", Verdict.SKIPPED, "the token cannot be read; the test mail decides"), False
        everywhere = self._entered.scope is Scope.ORGANIZATION
        needed = self._entered.permission.name
        if needed in roles:
            if everywhere:
                return Rung("role", Verdict.PASS, f"the token carries {needed}"), False
            message = f"the token carries {needed} for all mailboxes, and mail.scope is mailbox"
            return _fail("role", message, catalogue.UNSCOPED_GRANT), False
        if not everywhere:
            return by_exchange(self._known.reach), False
        self._token = ""
        return _fail("role", f"the token carries no {needed}", catalogue.CONSENT_MISSING), True

    async def _read_once(self, way: Graph) -> tuple[Rung, bool]:
        try:
            await mail.look(way, self._entered.address)
        except Failure as failure:
            late = isinstance(failure, Refusal) and failure.code == "ErrorAccessDenied"
            return _read_failed(failure, self._known.address_at), late
        told = f"the inbox of {self._entered.address} was read as the application; no message was opened"
        return Rung("read", Verdict.PASS, told), False

    async def _send_once(self, way: Graph, text: str) -> tuple[Rung, bool]:
        try:
            await mail.send(way, self._entered.address, self._recipient or "", self._subject, text)
        except Failure as failure:
            # A grant reaches Exchange later than it shows in a token.
            late = isinstance(failure, Refusal) and failure.code == "ErrorAccessDenied"
            return _send_failed(failure, self._known.address_at), late
        self._sent = True
        told = (
            f"accepted for {self._recipient}, subject '{self._subject}'; accepted is not delivered: look "
            "into the mailbox, the quarantine and the transport rules"
        )
        return Rung("send", Verdict.PASS, told), False

    async def _refused(self, refused: Refused) -> Rung:
        """Return the rung of a refused sign-in, naming the common mistake behind it where one can be told.

        It is about the three values: whoever runs this signed in, or did not, by other means.
        """
        entry = catalogue.of_aadsts(sorted(refused.codes)) or catalogue.VALUES_REFUSED
        if entry in _ABOUT_THE_CALLER:
            entry = catalogue.VALUES_REFUSED
        message, fix = refused.text, None
        if entry is catalogue.SECRET_REFUSED:
            entry, message, fix = await self._dressed(message)
        elif entry is catalogue.APPLICATION_UNKNOWN:
            entry, message, fix = await self._other_id(message)
        return _fail(
            "token",
            message,
            entry,
            fix=fix,
            service_code=next((f"AADSTS{code}" for code in sorted(refused.codes)), None),
            request_id=refused.trace_id,
        )

    async def _dressed(self, message: str) -> tuple[Entry, str, str | None]:
        """Tell what is around a secret that was refused, if the value is taken without it or begins like
        one.
        """
        inner, words = undressed(self._entered.secret)
        if not words:
            return catalogue.SECRET_REFUSED, message + self._whose(), None
        around = f" There is something around it: {', '.join(words)}."
        if await self._signs_in(inner):
            entry = catalogue.SECRET_PADDED if words == ("white space",) else catalogue.SECRET_DRESSED
            return entry, message + around, None
        return catalogue.SECRET_REFUSED, message + around + self._whose(), None

    async def _other_id(self, message: str) -> tuple[Entry, str, str | None]:
        """Tell which id was entered as the client id, if it is one of another kind."""
        client_id = self._entered.client_id
        if await self._is_tenant(client_id):
            return catalogue.IDS_SWAPPED, message, None
        try:
            meant = await senses.of_object_id(self._graph, client_id)
        except ProvisionError:  # whoever runs this cannot look
            meant = None
        if meant is None:
            return catalogue.APPLICATION_UNKNOWN, message, None
        told = f" {client_id} is the Object ID of the {meant.kind} '{meant.name}'."
        fix = f"Enter its Application (client) ID: {meant.client_id}."
        return catalogue.OBJECT_ID_ENTERED, message + told, fix

    def _which_id(self) -> str:
        """Tell which id of the application was entered as its secret."""
        value = self._entered.secret.reveal().strip().lower()
        entered = {
            self._entered.client_id.lower(): "the OAuth Client ID",
            self._entered.tenant_id.lower(): "the Tenant ID",
        }
        known = {**entered, **self._known.ids}
        return f"is {known[value]}" if value in known else "looks like an id"

    def _whose(self) -> str:
        """Tell which secret the value is, or was, as far as its beginning shows; and which is present."""
        known, hint = self._known, self._entered.secret.hint
        now = known.present
        present = (
            f" The present one begins with {now.hint} (key id {now.key_id})." if now and now.hint else ""
        )
        if hint in known.older_hints:
            return f" It begins like a secret that has a successor.{present}"
        if known.hints is None or hint in known.hints:
            return ""
        if known.removed:
            return f" It is the secret {known.removed}, which was removed.{present}"
        return f" No secret of this application begins as it does.{present}"

    async def _signs_in(self, secret: Secret) -> bool:
        try:
            await sign_in(self._graph, self._entered.tenant_id, self._entered.client_id, secret)
        except (Refused, ProvisionError):
            return False
        return True

    async def _is_tenant(self, text: str) -> bool:
        """Say whether the text is a tenant's id: as a client id it was entered in the wrong box."""
        try:
            return (await self._graph.fetch(openid_url(self._graph.cloud, text))).is_success
        except Lost:
            return False

    async def _waiting(self, step: Callable[[], Awaitable[tuple[Rung, bool]]], worth_it: bool | None) -> Rung:
        """Repeat a step while it fails as it does on a server that has not heard of something new.

        A step returns its rung, and whether trying again may help. ``worth_it`` says whether something is
        new (None: not known), which decides how long to wait.
        """
        seconds = {True: self._budget, None: min(self._budget, _UNSURE), False: 0.0}[worth_it]
        polling = Polling(self._graph, seconds)
        while True:
            rung, again = await step()
            if rung.verdict is not Verdict.FAIL or not again:
                return rung
            title = rung.entry.title if rung.entry else rung.message
            if not await polling.pause(f"{title}; what is new may not have reached every server yet"):
                return rung


def _fail(
    name: str,
    message: str,
    entry: Entry,
    *,
    fix: str | None = None,
    service_code: str | None = None,
    request_id: str | None = None,
) -> Rung:
    return Rung(name, Verdict.FAIL, message, entry, fix or entry.fix, service_code, request_id)


def _misspelt(address_at: str) -> str:
    return f"Compare mail.address in {address_at} with Exchange first. {catalogue.NO_MAILBOX.fix}"


def _read_failed(failure: Failure, address_at: str) -> Rung:
    if not isinstance(failure, Refusal):
        return _fail("read", f"no answer came: {failure}", catalogue.UNREACHABLE)
    rung = _refusedby_exchange("read", failure, address_at)
    if rung.entry is not catalogue.SEND_REFUSED:
        return rung
    return replace(rung, entry=catalogue.READ_REFUSED, fix=catalogue.READ_REFUSED.fix)


def _send_failed(failure: Failure, address_at: str) -> Rung:
    if not isinstance(failure, Refusal):
        return _fail("send", f"the message was sent, and no answer came: {failure}", catalogue.UNREACHABLE)
    return _refusedby_exchange("send", failure, address_at)


def _refusedby_exchange(rung: str, failure: Refusal, address_at: str) -> Rung:
    entry = catalogue.of_graph(failure.code)
    if entry is catalogue.SEND_REFUSED and "OData is disabled" in failure.message:
        entry = catalogue.ACCESS_POLICY  # it shares its code with every other refusal
    if entry is None:
        entry = catalogue.THROTTLED if failure.status in (429, 503) else catalogue.GRAPH_REFUSED
    message = f"Exchange says {failure.status} {failure.code}: {failure.message}"
    fix = _misspelt(address_at) if entry is catalogue.NO_MAILBOX else None
    return _fail(rung, message, entry, fix=fix, service_code=failure.code, request_id=failure.request_id)


def _roles(token: str) -> frozenset[str] | None:
    """Return the application permissions in a token; None where it cannot be read."""
    claims = claims_of(token)
    if not claims:
        return None
    roles = claims.get("roles", [])
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else None


def _words(error: ProvisionError | Failure) -> str:
    return error.message if isinstance(error, (ProvisionError, Refusal)) else str(error)
