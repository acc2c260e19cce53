"""PRV5xx: delivery of the secret."""

from __future__ import annotations

from provision.errors import Exit
from provision.errors.catalogue.table import entry

SINK_UNUSABLE = entry(
    "PRV500",
    "sink-unusable",
    Exit.FAILED,
    "the secret could not be delivered there, so none was made",
    "The delivery is tried out before a secret is made.",
    "Correct what the message names, or choose another delivery with --deliver.",
)
DELIVERY_FAILED = entry(
    "PRV501",
    "delivery-failed",
    Exit.FAILED,
    "the secret could not be delivered; it was revoked",
    "The sink failed after the secret was made. The value is gone and the secret with it.",
    "Correct what the message names and run again: a new one will be made.",
)
NOT_REVOKED = entry(
    "PRV502",
    "not-revoked",
    Exit.FAILED,
    "the secret could not be delivered, and could not be revoked either",
    "The sink failed, and then Graph refused to remove the secret.",
    "Run again: the next run removes it. Or remove it in the portal by the key id in the message.",
)
UNSEEN_SECRET = entry(
    "PRV503",
    "unseen-secret",
    Exit.FAILED,
    "Graph's answer to the secret's creation was lost, and so is its value",
    "The connection broke while the secret was made, and it kept breaking while that was mended.",
    "Run again: the next run removes what nobody received and makes a new one.",
)
PLACE_TAKEN = entry(
    "PRV504",
    "place-taken",
    Exit.REFUSED,
    "the secret of another tenant, target or config lies there",
    "A delivered value belongs to a tenant, a target (the real Graph or a rehearsal) and a config; no other "
    "run overwrites it. An earlier version recorded the config's name alone: such a value counts for the "
    "tenant whose application has that key.",
    "Choose another place with secret.delivery or --deliver ({name} and {tenant} stand for the config's). "
    "Nothing was written.",
)
NOT_TAKEN_BEFORE = entry(
    "PRV505",
    "not-taken-before",
    Exit.REFUSED,
    "the last secret could not be delivered there, so none was made",
    "The place refused the last secret for a reason that only a person can change, or failed three times in "
    "a row; each further try would make a secret and revoke it. This machine's journal remembers it.",
    "Correct what the earlier message named, then pass --allow not-taken-before once; or choose another "
    "delivery with --deliver.",
    allowable=True,
)
