"""``provision verify``: read what the tenant says of the application, then prove that mail flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from provision.delivery.interface import Recalling
from provision.engine.job import Job
from provision.engine.known import tagged
from provision.engine.run import apply, read_state, require_application
from provision.engine.rungs import Entered, Known, run_rungs
from provision.errors import ProvisionError, catalogue
from provision.graph import application
from provision.graph.retry import REPLICATION
from provision.outcomes.result import ConsentState, Result
from provision.outcomes.verify import Rung, Verdict, Verification, Verified
from provision.plan import scoping
from provision.plan.model import Plan
from provision.resources import Desired, Observed, client_secret, consent
from provision.secret import Secret

_BUDGET = 60.0  # seconds that a rung may wait for Entra to spread what is new
# What keeps somebody without rights from looking; anything else is wrong with the run itself.
_NO_LOOK = (catalogue.SIGN_IN, catalogue.NO_PERMISSION, catalogue.TENANT_NOT_FOUND, catalogue.UNREACHABLE)


async def apply_and_verify(job: Job, plan: Plan) -> Result:
    """Carry out a plan, and sign in with the secret that it delivered; no mail is sent.

    The result says why nothing was verified if a step failed, the consent is still to be given, or no
    secret was delivered, whose value nobody but its sink has then.
    """
    delivered: list[Secret] = []
    result = await apply(job, plan, keep=delivered.append)
    if result.errors:
        return replace(result, unverified="a step failed")
    if result.consent.state is ConsentState.REQUIRED:
        return replace(result, unverified="the consent is still to be given")
    if not delivered:
        return replace(result, unverified="no secret was delivered by this run; run 'provision verify'")
    verified = await verify(
        job,
        lambda: delivered[0],
        client_id=result.outputs.oauth_client_id,
        recipient=None,
        new_subject=lambda: "",
    )
    return replace(result, verified=verified)


async def verify(
    job: Job,
    secret: Callable[[], Secret],
    *,
    client_id: str | None,
    recipient: str | None,
    new_subject: Callable[[], str],
) -> Verified:
    """Verify the values of one config, and return every rung that was tried.

    ``secret`` is called, and may ask a person, only once the client id is known. Whoever runs this need not
    have rights in the tenant; without any, ``client_id`` must be given or stand in the config.

    Raises ``ProvisionError`` if no client id is known, or if the config is at fault.
    """
    desired, observed, why = job.desired, None, None
    if recipient is not None:
        _refuse_to_send(desired)
    try:
        observed, _ = await read_state(job)
    except ProvisionError as error:
        if error.entry not in _NO_LOOK:
            raise
        why = error.message
    app = observed.application if observed else None
    chosen = client_id or desired.application.client_id or (app.app_id if app else None)
    if chosen is None and observed is not None:
        require_application(job, observed)  # there is none: what helps is to apply
    if chosen is None:
        raise ProvisionError(
            catalogue.CLIENT_ID_UNKNOWN,
            f"'{desired.name}': the OAuth Client ID is not known" + (f": {why}" if why else ""),
        )
    tenant_id = observed.tenant_id if observed else desired.tenant
    permission = desired.consent.permission
    entered = Entered(chosen, tenant_id, desired.mailbox.address, secret(), desired.mailbox.scope, permission)
    verification = await run_rungs(
        job.tenant.graph,
        entered,
        _known(job, observed, chosen, gone=await _gone(job, observed, chosen)),
        recipient=recipient,
        subject=new_subject(),
        budget=_BUDGET,
    )
    whole = job.again.worded
    told = (_told_apart(job, rung) for rung in verification.rungs)
    rungs = tuple(replace(rung, fix=rung.fix and whole(rung.fix)) for rung in told)
    return Verified(
        desired.name,
        job.target,
        chosen,
        tenant_id,
        desired.mailbox.address,
        Verification(rungs),
        job.again,
        why,
    )


def _refuse_to_send(desired: Desired) -> None:
    """Raise ``ProvisionError`` for a product that only reads."""
    if not desired.consent.permission.sends:
        raise ProvisionError(
            catalogue.USAGE,
            f"--send-to: {desired.profile.title} reads mail, and may send none",
            fix="Leave --send-to out: verify looks into the inbox.",
        )


def _told_apart(job: Job, rung: Rung) -> Rung:
    """Return a rung that a rehearsal passes by what it made up as one that proves nothing."""
    address = job.desired.mailbox.address
    said = {
        ("reach", "rights"): "a rehearsal: the sandbox answered, the real hosts and tenant were not asked",
        ("mailbox", "mailbox"): f"{address} was made for this rehearsal; the real tenant was not asked",
    }
    for (name, made_up), message in said.items():
        if rung.name == name and rung.verdict is Verdict.PASS and made_up in job.made_up:
            return replace(rung, verdict=Verdict.SKIPPED, message=message)
    return rung


async def _gone(job: Job, observed: Observed | None, client_id: str) -> bool:
    """Say whether the tenant, as far as it may be looked into, surely has no application of a client id."""
    app = observed.application if observed else None
    if observed is None or (app is not None and app.app_id.lower() == client_id.lower()):
        return False
    try:
        return await application.by_client_id(job.tenant.graph, client_id, ("id",)) is None
    except ProvisionError:
        return False


def _known(job: Job, observed: Observed | None, client_id: str, *, gone: bool) -> Known:
    """Return what was read of the application, unless the client id names another one."""
    app = observed.application if observed else None
    if observed is None or app is None or app.app_id.lower() != client_id.lower():
        return Known(gone=gone, address_at=job.address_at)
    wanted, now = job.desired.client_secret, job.tenant.graph.now()
    ours = client_secret.standing(wanted, observed.secrets, tagged(wanted, app.tags), now=now).ours
    young = [s for s in observed.secrets if job.tenant.graph.now() - s.start < REPLICATION]
    told = all(item.hint for item in observed.secrets)  # without a hint it might be any value
    return Known(
        secret_is_new=bool(young),
        granted=consent.granted(observed.role, observed.assignments),
        older_hints=frozenset(item.hint for item in ours[1:] if item.hint),
        hints=frozenset(item.hint for item in observed.secrets if item.hint) if told else None,
        young_hints=frozenset(item.hint for item in young if item.hint) if told else None,
        present=ours[0] if ours else None,
        ids={
            app.id.lower(): "the Object ID of the application",
            **{
                item.key_id.lower(): f"the Secret ID of the secret that begins with {item.hint or '?'}"
                for item in observed.secrets
            },
        },
        removed=_removed(job, observed),
        address_at=job.address_at,
        reach=scoping.standing(job.desired, observed),
    )


def _removed(job: Job, observed: Observed) -> str | None:
    """Return the key whose value the source holds by its own record, if the application has it no more."""
    source: object = job.source
    if not isinstance(source, Recalling):
        return None
    there = frozenset(item.key_id for item in observed.secrets)
    try:
        held = source.recall(there)
    except ProvisionError:
        return None
    gone = held - there
    return next(iter(gone)) if len(gone) == 1 else None
