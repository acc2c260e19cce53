"""What a person has to do after a run: values to type into the product, and a letter asking for consent."""

from __future__ import annotations

from provision.again import Again
from provision.outcomes.result import Letter, Outputs, SecretKey, Setting
from provision.plan.model import Plan, Target
from provision.products import Product
from provision.resources import consent

_REHEARSAL = ("THIS IS A REHEARSAL: do not act on it. The application is in no real tenant.", "")


def settings(product: Product, outputs: Outputs) -> tuple[Setting, ...]:
    """Return the product's boxes with their values in the order of its screens; unknown ones are left out."""
    known = {
        "{oauth_client_id}": outputs.oauth_client_id,
        "{tenant_id}": outputs.tenant_id,
        "{email_address}": outputs.email_address,
        "{secret_key}": _where(outputs.secret_key) if outputs.secret_key else None,
        "{secret_expiry}": f"{outputs.secret_key.expires:%Y-%m-%d}" if outputs.secret_key else None,
    }
    filled = ((box, known.get(box.value, box.value)) for box in product.boxes)
    return tuple(
        Setting(box.screen, box.label, value, typed=box.value != "{secret_key}")
        for box, value in filled
        if value is not None
    )


def letter(plan: Plan, product: Product, client_id: str, url: str) -> Letter:
    """Return the message that asks an administrator to consent; ``url`` is the page where that is done."""
    desired = plan.desired
    name, permission = desired.application.display_name, desired.consent.permission
    rehearsal = plan.target is Target.SANDBOX
    return Letter(
        f"{'[rehearsal] ' if rehearsal else ''}Admin consent for '{name}': {permission.name}",
        (
            *(_REHEARSAL if rehearsal else ()),
            f"Please give admin consent to this application, so that {product.title} can {permission.verb} "
            "mail.",
            "",
            f"Application:   {name}",
            f"Client ID:     {client_id}",
            f"Tenant ID:     {plan.observed.tenant_id}",
            f"Permission:    {permission.name} of {consent.RESOURCE}, an application permission",
            f"Reach:         any mailbox of the organization; {desired.mailbox.address} is the one meant",
            f"Role needed:   {consent.ROLE_NEEDED}. Application Administrator is not enough for it:",
            "               https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent",
            "",
            "Open this link, sign in with that role, and accept:",
            url,
            "",
            f"Or run '{_theirs(plan.again)}'.",
            "What counts is the grant itself: the page that follows the button may show an error of the",
            "application's, which means nothing.",
        ),
    )


def _theirs(again: Again) -> str:
    """Return the administrator's command: how whoever runs this signs in and delivers is not theirs."""
    at = again.options.index("--sandbox-at") if "--sandbox-at" in again.options else None
    options = (
        again.options[at : at + 2] if at is not None else ("--sandbox",) * ("--sandbox" in again.options)
    )
    return Again(again.configs, options, again.variables).command("consent")


def _where(secret: SecretKey) -> str:
    """Say where the value is to be had, and by what it is recognised; never the value."""
    begins = f"begins with {secret.hint}" if secret.hint else f"key id {secret.key_id}"
    if secret.adopted:
        return f"the one that is entered already ({begins}; adopted, its value is not known here)"
    if secret.delivered_to is None:
        return f"the one delivered earlier ({begins})"
    if not secret.held:
        return f"the one delivered earlier, to {secret.delivered_to} ({begins})"
    return f"delivered to {secret.delivered_to} ({begins})"
