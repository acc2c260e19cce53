"""Which registration a config means, a row a case: by name or client id, never by what it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.errors import Entry, ProvisionError, catalogue
from provision.plan.identification import Found, Meant, identify
from provision.resources.application import Deleted, Observed
from tests.plan.given import APP, DESIRED

OTHER = replace(
    APP,
    id="22222222-0000-4000-8000-000000000000",
    app_id="11111111-0000-4000-8000-000000000000",
    unique_name=None,
)
GONE = Deleted(
    "33333333-0000-4000-8000-000000000000", APP.app_id, "Collaboration", "collab-prod", "2026-01-02T03:04Z"
)


@pytest.mark.parametrize(
    ("client_id", "found", "meant"),
    [
        pytest.param(None, Found(), None, id="nothing: it is to be created"),
        pytest.param(None, Found(by_unique_name=APP), APP, id="by its name"),
        pytest.param(None, Found(deleted=(replace(GONE, unique_name="x"),)), None, id="another was deleted"),
        pytest.param(APP.app_id, Found(by_client_id=OTHER), OTHER, id="adopted, whatever its tags"),
        pytest.param(APP.app_id, Found(APP, APP), APP, id="adopted, and has the name"),
        pytest.param(None, Found(replace(APP, tags=())), catalogue.FOREIGN_UNIQUE_NAME, id="without our tag"),
        pytest.param(None, Found(deleted=(GONE,)), catalogue.SOFT_DELETED, id="its name was deleted"),
        pytest.param(
            APP.app_id.upper(),
            Found(deleted=(GONE,)),
            catalogue.SOFT_DELETED,
            id="its id was deleted, in any case",
        ),
        pytest.param(APP.app_id, Found(), catalogue.CLIENT_ID_NOT_FOUND, id="no such id"),
        pytest.param(APP.app_id, Found(APP), catalogue.CLIENT_ID_NOT_FOUND, id="the name alone is no match"),
        pytest.param(
            APP.app_id,
            Found(foreign_tenant="elsewhere"),
            catalogue.OTHER_TENANTS_APPLICATION,
            id="another tenant's",
        ),
        pytest.param(APP.app_id, Found(APP, OTHER), catalogue.IDENTITY_CONFLICT, id="two are meant"),
    ],
)
def test_which_registration_is_meant(
    client_id: str | None, found: Found, meant: Observed | Entry | None
) -> None:
    """By name or by client id, never by what it is called; a doubt is an error."""
    desired = replace(DESIRED.application, client_id=client_id)
    if not isinstance(meant, Entry):
        assert identify(desired, found) == meant
        return
    with pytest.raises(ProvisionError) as error:
        identify(desired, found)
    assert error.value.entry is meant


def test_a_refused_identity_names_what_was_found() -> None:
    """The person needs the ids to act, and the way out has them."""
    for found, words in (
        (Found(replace(APP, tags=())), [APP.app_id, "did not make"]),
        (Found(deleted=(GONE,)), [GONE.id, "2026-01-02", "collab-prod"]),
    ):
        with pytest.raises(ProvisionError) as error:
            identify(DESIRED.application, found)
        assert all(word in error.value.message for word in words)
    with pytest.raises(ProvisionError) as error:
        identify(DESIRED.application, Found(replace(APP, tags=())))
    assert f"set application.client_id to {APP.app_id}" in error.value.fix


MEANT = Meant("service principal", "Mail", "c9")
THEIRS = replace(GONE, app_id="c0", unique_name="x")
SAID = {
    "its mark is there": (None, Found(replace(APP, tags=()), marked=True), None),
    "another was deleted": (
        APP.app_id,
        Found(deleted=(THEIRS,)),
        "no application with client_id {id} in this tenant",
    ),
    "it was deleted, written in capitals": (
        APP.app_id,
        Found(deleted=(THEIRS, replace(GONE, app_id=APP.app_id.upper()))),
        "client_id {id} belongs to a deleted application: 'Collaboration' ({ID}), deleted 2026-01-02, object "
        "id " + GONE.id,
    ),
    "another tenant's": (
        APP.app_id,
        Found(foreign_tenant="t9", meant=MEANT),
        "client_id {id} is an application of another tenant (t9)",
    ),
    "an object id": (
        APP.app_id,
        Found(meant=MEANT),
        "client_id {id} is the object id of the service principal 'Mail', whose client id is c9",
    ),
    "nothing": (APP.app_id, Found(), "no application with client_id {id} in this tenant"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_a_doubt_is_told_as(case: str) -> None:
    """In these words; what carries our mark is ours, though its tag was wiped."""
    client_id, found, words = SAID[case]
    desired = replace(DESIRED.application, client_id=client_id)
    if words is None:
        assert identify(desired, found) is found.by_unique_name
        return
    with pytest.raises(ProvisionError) as error:
        identify(desired, found)
    assert error.value.message == words.format(id=APP.app_id, ID=APP.app_id.upper())
    unknown = words.startswith("no app") or "object id of the" in words
    assert (error.value.entry is catalogue.CLIENT_ID_NOT_FOUND) is unknown
    assert ("to c9" in error.value.fix) is (case == "an object id")
