"""What a person types, and where: the product's boxes filled with what a run has come to."""

from __future__ import annotations

from provision.plan.result import Outputs, SecretKey, Setting
from provision.products import Product


def settings(product: Product, outputs: Outputs) -> tuple[Setting, ...]:
    """Return the boxes in the order of the screens; what is not known yet is left out."""
    known = {
        "{oauth_client_id}": outputs.oauth_client_id,
        "{tenant_id}": outputs.tenant_id,
        "{email_address}": outputs.email_address,
        "{secret_key}": _where(outputs.secret_key) if outputs.secret_key else None,
        "{secret_expiry}": f"{outputs.secret_key.expires:%Y-%m-%d}" if outputs.secret_key else None,
    }
    filled = ((box, known.get(box.value, box.value)) for box in product.boxes)
    return tuple(Setting(box.screen, box.label, value) for box, value in filled if value is not None)


def _where(secret: SecretKey) -> str:
    """Say where the value is to be had, and by what it is recognised; never the value."""
    begins = f"begins with {secret.hint}" if secret.hint else f"key id {secret.key_id}"
    if secret.delivered_to is None:
        return f"the one delivered earlier ({begins})"
    return f"delivered to {secret.delivered_to} ({begins})"
