"""What an answer asks to wait before another try: read in one way, whichever service it is from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait; ``None`` if it asks for nothing that can be read.

    ``headers`` are asked for names in small letters. A date counts from the answer's own ``Date``, for this
    machine's clock may be wrong.
    Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", after, re.ASCII):
        return float(after)
    try:
        until = parsedate_to_datetime(after) - parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return max(0.0, until.total_seconds())
