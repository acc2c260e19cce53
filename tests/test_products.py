"""What the products' screens are called, and what stands in their boxes after an apply."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from provision import products
from tests.support import TENANT, Program, write_config

# The screens in the order that a person meets them; the labels are those of the vendor's public guides:
# https://guide.casepoint.com/resource-center/docs/foiaxpress-collab-office-365-oauth-configuration
# https://guide.casepoint.com/resource-center/docs/foiaxpress-pal-office-365-oauth-configuration
# https://guide.casepoint.com/resource-center/docs/system-settings-1
# https://guide.casepoint.com/resource-center/docs/ecase-office-365-oauth-configuration
IDS = ["OAuth Client ID", "Tenant ID", "Email Address"]
SCREENS = {
    "collaboration": [
        ("System Settings > Mail Server Address", IDS),
        ("General Settings > Mail Server Configuration", ["Secret Key"]),
    ],
    "pal": [("General Settings > Mail Server Configuration", [*IDS, "Secret Key"])],
    "foiaxpress": [
        (
            "Administration > System Administration > System Settings > Mail Server Address",
            ["Authentication Mode", *IDS, "Secret Key", "Client Secret Expiry Date"],
        )
    ],
    "ecase": [("eCASE > Settings > Connectors > eMail (SMTP)", [*IDS, "Secret Key"])],
    "ecase-email-reader": [("Settings > Connector > Email Reader", ["App Key", "App Secret", "Tenant ID"])],
}
READERS = ("ecase-email-reader",)
TITLES = {
    "collaboration": "FOIAXpress Collaboration",
    "pal": "FOIAXpress PAL",
    "foiaxpress": "FOIAXpress",
    "ecase": "eCASE",
    "ecase-email-reader": "eCASE Email Reader",
}
FOLDER = Path(products.__file__).parent


def test_every_product_is_one_file() -> None:
    """Each found by its name, and no others."""
    assert set(products.NAMES) == set(SCREENS) == {path.stem for path in FOLDER.glob("*.yaml")}
    with pytest.raises(KeyError):
        products.load("../clouds")


@pytest.mark.parametrize("name", SCREENS)
def test_a_product_file_is_valid(name: str) -> None:
    """No key that nobody reads, no value that nothing fills, the page that the labels are from."""
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert set(data) <= {"title", "guide", "redirect_path", "permission", "screens", "notes"}
    assert all(set(screen) == {"screen", "boxes"} for screen in data["screens"])
    product = products.load(name)
    assert product.title == TITLES[name]
    assert re.fullmatch(r"https://guide\.casepoint\.com/resource-center/docs/[a-z0-9-]+", product.guide or "")
    values = [box.value for box in product.boxes]
    filled = {"{oauth_client_id}", "{tenant_id}", "{email_address}", "{secret_key}"}
    filled -= {"{email_address}"} if name in READERS else set()
    assert product.redirect_path == (None if name in READERS else "/connectors/SMTP.aspx")
    assert product.permission.name == ("Mail.Read" if name in READERS else "Mail.Send")
    assert filled <= set(values)
    assert all(value in products.VALUES or "{" not in value for value in values)
    assert len({(box.screen, box.label) for box in product.boxes}) == len(values)
    for text in (*product.notes, *(part for box in product.boxes for part in (box.screen, box.label))):
        assert isinstance(text, str)
        assert text == text.strip()
        assert text.isascii()


@pytest.mark.parametrize("name", SCREENS)
def test_the_sheet_has_the_screens_in_order(provision: Program, name: str) -> None:
    """In JSON, text and Markdown: every box with what to enter, and the date where the product has it."""
    config = write_config(product=name)
    if name in READERS:  # it has no redirect URI, which is made of the address
        _drop(config, "admin_url")
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    assert ran.code == 0, ran.err
    settings = [(s["screen"], s["label"], s["value"]) for s in ran.json["settings"]]
    assert [(screen, label) for screen, label, _ in settings] == [
        (screen, label) for screen, labels in SCREENS[name] for label in labels
    ]
    outputs = ran.json["outputs"]
    values = {label: value for _, label, value in settings}
    client_id, secret = ("App Key", "App Secret") if name in READERS else ("OAuth Client ID", "Secret Key")
    assert values[client_id] == outputs["oauth_client_id"]
    assert values["Tenant ID"] == outputs["tenant_id"] == TENANT
    assert values.get("Email Address") == (None if name in READERS else "noreply@agency.example")
    assert values[secret] == (f"delivered to file:out.secret (begins with {outputs['secret_key']['hint']})")
    expiry = values.get("Client Secret Expiry Date")
    assert expiry == (outputs["secret_key"]["expires"][:10] if name == "foiaxpress" else None)
    assert values.get("Authentication Mode") == ("Microsoft 365 Email" if name == "foiaxpress" else None)
    for output in ("text", "markdown"):
        shown = provision("show", config, "--sandbox", "--deliver", "file:out.secret", "-o", output).out
        places = [shown.find(f"{label} ") for _, label, _ in settings]
        assert places == sorted(places)
        assert -1 not in places
        assert TITLES[name] in shown
        assert all(value in shown for _, _, value in settings)
        for note in products.load(name).notes:
            assert note in shown


def _drop(config: str, key: str) -> None:
    lines = Path(config).read_text().splitlines(keepends=True)
    Path(config).write_text("".join(line for line in lines if not line.strip().startswith(f"{key}:")))


def test_the_renewal_date_is_there_to_put_into_a_calendar(provision: Program, config: str) -> None:
    """In every format, for every product alike."""
    ran = provision("apply", config, "--sandbox", "--yes", "--deliver", "file:out.secret", "-o", "json")
    secret = ran.json["outputs"]["secret_key"]
    for output in ("text", "markdown"):
        shown = provision("show", config, "--sandbox", "--deliver", "file:out.secret", "-o", output).out
        assert secret["renew"][:10] in shown
        assert secret["expires"][:10] in shown
