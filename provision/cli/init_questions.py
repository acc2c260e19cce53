"""The questions of ``init``, in their order, and the draft of a config that the answers make."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from provision.cli.questions import Question, answer
from provision.config import rules, urls
from provision.config.asked import product as product_rule
from provision.config.writing import Draft
from provision.products import NAMES, load


def draft(given: Mapping[str, str | None], cloud: str | None) -> Draft:
    """Return a draft of what was given, and of the answers to what was not.

    Raises ``ProvisionError`` where nobody can be asked for what has no default.
    """
    product = given["product"] or answer(
        Question("Product", "--product", product_rule, "collaboration", ", ".join(NAMES)), sure=True
    )
    profile = load(product)
    asked = partial(_asked, given)
    url = None
    if profile.redirect_path is not None or given["admin_url"]:
        url = asked(
            "admin_url",
            Question(
                "Admin address of the product",
                "--admin-url",
                urls.admin_url,
                None,
                "https://collab.agency.gov",
            ),
        )
    address = asked("address", Question("Mailbox", "--address", rules.address, None, "noreply@agency.gov"))
    tenant = asked(
        "tenant", Question("Tenant, its id or a domain of it", "--tenant", rules.tenant, None, "agency.gov")
    )
    name = given["name"] or answer(
        Question("Name of the config, which stays", "--name", rules.name, f"{product}-mail"[:64]), sure=True
    )
    return Draft(
        name=name,
        product=product,
        tenant=tenant,
        cloud=cloud or "global",
        admin_url=url,
        address=address,
        head=("Made by 'provision init'; docs/config.md has every key.",),
    )


def _asked(given: Mapping[str, str | None], key: str, question: Question) -> str:
    return given[key] or answer(question)
