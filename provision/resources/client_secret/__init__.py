"""The client secret: desired, observed, and the steps between them.

Graph returns the text once, in the answer to ``addPassword``; afterwards only ``keyId``,
``displayName``, the dates and a three-character ``hint`` can be read. So a secret counts only when
its delivery is on record: in the tenant (a tag of the application) or with the sink.
Sources: https://learn.microsoft.com/graph/api/application-addpassword and
https://learn.microsoft.com/graph/api/resources/passwordcredential

``span`` counts time, ``standing`` says which secret is current and which is the last day, ``diff`` what is
to be done, ``findings`` what a person should know; ``model`` has the values.
"""

from provision.resources.client_secret.diff import (
    called,
    diff,
    finishing,
    forgetting,
    lost,
    minting,
    none_to_enter,
    removal,
    unchanged,
    unrecorded,
)
from provision.resources.client_secret.findings import OF_THE_STANDING, check, of_the_standing
from provision.resources.client_secret.model import (
    ADDRESS,
    MOST_WITH_PERSONAL_ACCOUNTS,
    Desired,
    Forget,
    Mint,
    Observed,
    Record,
    Records,
    Remove,
)
from provision.resources.client_secret.span import DAYS_A_MONTH, LONGEST_MONTHS, Span, end_date
from provision.resources.client_secret.standing import (
    Inert,
    Standing,
    marked,
    overdue,
    renewal_date,
    renewal_due,
    standing,
)

__all__ = [
    "ADDRESS",
    "DAYS_A_MONTH",
    "LONGEST_MONTHS",
    "MOST_WITH_PERSONAL_ACCOUNTS",
    "OF_THE_STANDING",
    "Desired",
    "Forget",
    "Inert",
    "Mint",
    "Observed",
    "Record",
    "Records",
    "Remove",
    "Span",
    "Standing",
    "called",
    "check",
    "diff",
    "end_date",
    "finishing",
    "forgetting",
    "lost",
    "marked",
    "minting",
    "none_to_enter",
    "of_the_standing",
    "overdue",
    "removal",
    "renewal_date",
    "renewal_due",
    "standing",
    "unchanged",
    "unrecorded",
]
