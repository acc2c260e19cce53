"""Configs that are right load to what they say: paths, extends, variables, defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from provision.config import Config, load
from provision.errors import ProvisionError
from provision.resources import consent
from provision.resources.client_secret import Span

GUID = "3f0c8a52-6b1d-4e7f-9a34-5d2e8c71b690"
LEAST = f"""\
version: 1
name: collab-prod
tenant:
  id: {GUID}
application:
  admin_url: https://collab.agency.example
mail:
  address: noreply@agency.example
"""


def write(text: str | bytes, path: str = "prod.yaml") -> str:
    """Write a file into the clean folder and return its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def one(text: str | bytes, environment: Mapping[str, str] | None = None, **variables: str) -> Config:
    """Load the one config that this text is."""
    (config,) = load([write(text)], variables=variables, environment=environment or {})
    return config


def fails(*paths: str, environment: Mapping[str, str] | None = None, **variables: str) -> list[str]:
    """Return what is said of configs that are wrong: place, name, message."""
    with pytest.raises(ProvisionError) as caught:
        load(paths, variables=variables, environment=environment or {})
    return [f"{error.where} {error.entry.name}: {error.message}" for error in caught.value.all]


def test_the_least_that_a_config_says() -> None:
    """All the rest has its default."""
    config = one(LEAST)
    desired = config.desired
    assert (desired.name, desired.tenant, desired.cloud.name) == ("collab-prod", GUID, "global")
    assert desired.product == "collaboration"
    assert desired.application.display_name == "FOIAXpress Collaboration Mail"
    assert desired.application.redirect_uris == ("https://collab.agency.example/connectors/SMTP.aspx",)
    assert desired.application.sign_in_audience == "AzureADMyOrg"
    assert (desired.application.client_id, desired.application.owners, desired.application.notes) == (
        None,
    ) * 3
    assert desired.consent.mode is consent.Mode.GRANT
    assert desired.client_secret.description == "FOIAXpress Collaboration SMTP"
    assert (desired.client_secret.lifetime, desired.client_secret.renew_before) == (Span(180), Span(30))
    assert (desired.mailbox.address, desired.mailbox.scope) == ("noreply@agency.example", "organization")
    assert (config.delivery.kind, config.custom_cloud) == ("terminal", False)


def test_nulls_where_they_mean_not_managed() -> None:
    """The design's example writes them."""
    more = "  client_id: null\n  owners: null\n  notes: ~\n  redirect_uris: []\n"
    config = one(LEAST.replace("mail:", more + "mail:"))
    assert config.desired == one(LEAST).desired


def test_mail_scope_mailbox_means_no_grant() -> None:
    """Even where consent is written down: a grant in Entra would reach every mailbox."""
    config = one(LEAST + "  scope: mailbox\nconsent: grant\n")
    assert config.desired.consent.mode is consent.Mode.NONE
    assert one(LEAST + "consent: handoff\n").desired.consent.mode is consent.Mode.HANDOFF


@pytest.mark.parametrize(
    ("delivery", "kind"),
    [
        ("terminal", "terminal"),
        ("{file: {path: out.secret}}", "file"),
        ("{command: {argv: [vault, kv, put]}}", "command"),
    ],
)
def test_deliveries(delivery: str, kind: str) -> None:
    """Each sink, with its options."""
    assert one(LEAST + f"secret:\n  delivery: {delivery}\n").delivery.kind == kind


def test_a_cloud_of_ones_own() -> None:
    """Three hosts; a trailing slash is tolerated, and the command line is told."""
    hosts = "{graph: 'https://g.example/', login: https://l.example, portal: https://p.example:8443}"
    config = one(LEAST.replace(f"id: {GUID}", f"id: {GUID}\n  cloud: {hosts}"))
    assert config.custom_cloud
    assert config.desired.cloud.graph == "https://g.example"
    assert config.desired.cloud.portal == "https://p.example:8443"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://collab.agency.example/", "https://collab.agency.example"),
        ("https://collab.agency.example/connectors/SMTP.aspx", "https://collab.agency.example"),
        ("HTTPS://Collab.Agency.Example/FX/Connectors/smtp.aspx/", "https://collab.agency.example/FX"),
        ("https://collab.agency.example:8443/FX/", "https://collab.agency.example:8443/FX"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_admin_urls_as_people_paste_them(written: str, meant: str) -> None:
    """A slash at the end, or the SMTP page in any case, is taken off: what is meant is plain."""
    config = one(LEAST.replace("https://collab.agency.example", written))
    assert config.desired.application.redirect_uris == (meant + "/connectors/SMTP.aspx",)


def test_a_byte_order_mark_and_windows_line_ends() -> None:
    """Notepad writes both; places do not shift."""
    config = one(b"\xef\xbb\xbf" + LEAST.replace("\n", "\r\n").encode())
    assert config.desired == one(LEAST).desired
    assert str(one(b"\xef\xbb\xbf" + LEAST.encode()).place("version")) == "prod.yaml:1:10"


def test_places() -> None:
    """Where a key stands, or the nearest above it; of one that is not there at all, where the name is."""
    config = one(LEAST)
    place = config.place("tenant", "id")
    assert (str(place), place.text) == ("prod.yaml:4:7", f"  id: {GUID}")
    assert str(config.place("tenant", "cloud")) == "prod.yaml:3:1"
    assert str(config.place("secret", "delivery")) == str(config.place("name"))


class TestExtends:
    """One file's values below another's."""

    def test_maps_merge_lists_and_values_replace(self) -> None:
        base = LEAST.replace("name: collab-prod\n", "").replace(
            "mail:", "  redirect_uris: [https://a.example/x]\n  notes: from base\nmail:"
        )
        write(base, "common/base.yaml")
        child = (
            "extends: common/base.yaml\nname: child\napplication:\n  redirect_uris: [https://b.example/x]\n"
        )
        app = one(child).desired.application
        assert app.notes == "from base"
        assert app.redirect_uris[1:] == ("https://b.example/x",)

    def test_a_one_of_choice_replaces_whole(self) -> None:
        """Two sinks would come of merging {file: ...} with {command: ...}."""
        write(LEAST + "secret:\n  delivery: {file: {path: a.secret}}\n", "base.yaml")
        child = "extends: base.yaml\nname: child\nsecret:\n  delivery: {command: {argv: [tee]}}\n"
        assert one(child).delivery.kind == "command"

    def test_an_error_points_into_the_file_it_is_in(self) -> None:
        write(LEAST.replace("noreply@", "noreply at "), "base.yaml")
        said = fails(write("extends: base.yaml\nname: child\nconsent: maybe\n"))
        assert [line.split(": ")[0] for line in said] == [
            "prod.yaml:3:10 invalid-value",
            "base.yaml:8:12 invalid-value",
        ]

    def test_places_survive_variables(self) -> None:
        write(LEAST.replace("noreply@agency.example", "${WHO}@agency.example"), "base.yaml")
        said = fails(write("extends: base.yaml\nname: child\n"), WHO="two words")
        assert said == [
            "base.yaml:8:12 invalid-value: mail.address (${WHO}@agency.example): "
            "it is not an address such as noreply@agency.gov"
        ]

    @pytest.mark.parametrize(
        ("target", "why"),
        [
            ("prod.yaml", "extends itself"),
            ("nowhere.yaml", "there is no file"),
            ("/etc/base.yaml", "relative to this file"),
            ("https://x.example/base.yaml", "relative to this file"),
            ("file:///etc/base.yaml", "relative to this file"),
            ("~/base.yaml", "relative to this file"),
            ("'C:\\base.yaml'", "relative to this file"),
            ("base.txt", ".yaml or .yml"),
            ("'${WHICH}.yaml'", "no variables"),
            ("[a.yaml, b.yaml]", "the path of one file"),
            ("''", "the path of one file"),
            ("true", "the path of one file"),
            ("../outside.yaml", "outside the folder tree"),
            ("link.yaml", "outside the folder tree"),
        ],
    )
    def test_what_cannot_be_extended(self, target: str, why: str) -> None:
        Path("../outside.yaml").write_text("SECRET_LINE: 1\n")
        Path("link.yaml").symlink_to("../outside.yaml")
        (said,) = fails(write(f"extends: {target}\n" + LEAST))
        assert said.startswith("prod.yaml:1:10 extends:")
        assert why in said
        assert "SECRET_LINE" not in said

    def test_a_file_outside_the_repository_is_never_read(self, tmp_path: Path) -> None:
        """Its lines would be shown in an error: a pull request could read this machine with it."""
        (tmp_path / "id.yaml").write_text("PRIVATE: [\n")
        repository = tmp_path / "repo"
        (repository / ".git").mkdir(parents=True)
        deep = write(LEAST + "extends: ../../id.yaml\n", str(repository / "a" / "prod.yaml"))
        (said,) = fails(deep)
        assert "outside the folder tree" in said
        write("secret: {lifetime: 90d}\n", str(repository / "base.yaml"))
        near = write(LEAST + "extends: ../base.yaml\n", str(repository / "a" / "near.yaml"))
        assert load([near])[0].desired.client_secret.lifetime == Span(90)

    @pytest.mark.parametrize("text", ["PRIVATE: [\n", "PRIVATE\n", f"{LEAST}PRIVATE: 1\n", "- PRIVATE\n"])
    @pytest.mark.parametrize("target", ["../private.yaml", ".git/config"])
    @pytest.mark.parametrize("asked", ["configs/prod.yaml", "configs", "configs/*.yaml"])
    def test_a_link_out_of_the_tree_is_never_read(self, asked: str, target: str, text: str) -> None:
        """Named or found in a search; nor what git keeps: a checkout may have left a token there."""
        Path(".git").mkdir()
        Path("configs").mkdir()
        Path(target).write_text(text)
        Path("configs/prod.yaml").symlink_to(Path("..") / target)
        (said,) = fails(asked)
        assert "config-unreadable" in said
        assert "outside its folder tree" in said
        assert "PRIVATE" not in said

    def test_what_one_config_may_read_is_not_read_for_another(self) -> None:
        """The second config's link leads to it, out of its own repository."""
        for name in ("ours", "theirs"):
            Path(name, ".git").mkdir(parents=True)
        ours = write(LEAST, "ours/prod.yaml")
        Path("theirs/link.yaml").symlink_to("../ours/base.yaml")
        write("secret: {lifetime: PRIVATE}\n", "ours/base.yaml")
        first = write("extends: base.yaml\n" + LEAST, "ours/two.yaml")
        assert any("outside its folder tree" in said for said in fails(ours, first, "theirs/link.yaml"))

    def test_a_circle_and_a_long_chain(self) -> None:
        write("extends: b.yaml\n", "a.yaml")
        write("extends: a.yaml\n", "b.yaml")
        assert "extends itself in the end: a.yaml -> b.yaml" in fails("a.yaml")[0]
        for index in range(20):
            write(f"extends: f{index + 1}.yaml\n", f"f{index}.yaml")
        write(LEAST, "f20.yaml")
        assert "more than 8 files" in fails("f0.yaml")[0]


class TestVariables:
    """${NAME}, its default, and what may not be read."""

    def test_where_a_value_comes_from(self) -> None:
        text = LEAST.replace("agency.example", "${HOST:-default.example}", 1)
        assert "default.example" in one(text).desired.application.redirect_uris[0]
        assert "default.example" in one(text, {"HOST": ""}).desired.application.redirect_uris[0]
        assert "env.example" in one(text, {"HOST": "env.example"}).desired.application.redirect_uris[0]
        config = one(text, {"HOST": "env.example"}, HOST="var.example")
        assert "var.example" in config.desired.application.redirect_uris[0]

    def test_an_escaped_one_stays(self) -> None:
        config = one(LEAST.replace("mail:", "  notes: costs $5, $HOME and $${HOME}\nmail:"), {"HOME": "x"})
        assert config.desired.application.notes == "costs $5, $HOME and ${HOME}"

    def test_a_value_is_text_and_never_structure(self) -> None:
        """Line ends, quotes and keys in a variable add nothing; it is not looked into again."""
        text = LEAST.replace("mail:", "  notes: ${NOTE}\nmail:")
        note = 'x"\nmail: {address: evil@evil.example}\n  scope: mailbox\n*a &b ${HOME} !!python'
        config = one(text, NOTE=note)
        assert config.desired.application.notes == note
        assert config.desired.mailbox.address == "noreply@agency.example"

    def test_not_in_keys(self) -> None:
        assert "there is no key '${K}'" in fails(write(LEAST + "${K}: x\n"), K="consent")[0]

    def test_unset_is_an_error_for_each(self) -> None:
        text = LEAST.replace(GUID, "${TENANT}").replace("noreply", "${WHO}")
        assert fails(write(text)) == [
            "prod.yaml:4:7 variable-unset: the variable TENANT is not set",
            "prod.yaml:8:12 variable-unset: the variable WHO is not set",
        ]

    def test_allow_unset_checks_the_rest(self) -> None:
        """Any rule is content with a placeholder; what is not one is still checked."""
        lines = "product: ${A}\nconsent: ${A}\n"
        lines += "secret: {lifetime: '${A}', renew_before: '${A}', delivery: '${A}'}\n"
        text = LEAST.replace(GUID, "${TENANT}\n  cloud: ${A}").replace("https://collab", "${A}") + lines
        text = text.replace("mail:", "  owners: ['${A}', '${B}']\n  redirect_uris: ['${A}']\nmail:")
        (config,) = load([write(text)], allow_unset=True)
        assert config.desired.name == "collab-prod"
        with pytest.raises(ProvisionError) as caught:
            load([write(text.replace("noreply@", "noreply at "))], allow_unset=True)
        assert [error.entry.name for error in caught.value.all] == ["invalid-value"]

    @pytest.mark.parametrize(
        "name",
        [
            "AZURE_CLIENT_SECRET",
            "ARM_CLIENT_SECRET",
            "GITHUB_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "SYSTEM_ACCESSTOKEN",
            "AZURE_CLIENT_CERTIFICATE_PASSWORD",
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "AZURE_PASSWORD",
            "AZURE_FEDERATED_TOKEN_FILE",
            "IDENTITY_HEADER",
            "db_password",
            "Api_Key",
            "AWS_SECRET_ACCESS_KEY",
            "SSHPASS_PASSWD",
            "PGPASSFILE_PWD",
            "DB_PASS",
            "AZURE_CREDENTIALS",
            "STORAGE_CONNECTION_STRING",
            "HTTPS_PROXY",
            "NPM_AUTH",
        ],
    )
    def test_credentials_are_refused_by_name(self, name: str) -> None:
        """Set, unset, with a default, or given on the command line: all the same."""
        there = {name: "canary-4711"}
        for written in (f"${{{name}}}", f"${{{name}:-x@agency.example}}"):
            path = write(LEAST.replace("noreply@agency.example", written))
            for environment, variables in (({}, {}), (there, {}), ({}, there)):
                with pytest.raises(ProvisionError) as caught:
                    load([path], environment=environment, variables=variables)
                assert [error.entry.name for error in caught.value.all] == ["variable-forbidden"]
                assert "canary" not in f"{caught.value} {caught.value.fix}"
            with pytest.raises(ProvisionError):
                load([path], allow_unset=True)

    @pytest.mark.parametrize("name", ["AGENCY", "HOST", "COLLAB_HOSTNAME", "TENANT_ID", "AUTHORITY", "PATH"])
    def test_other_names_pass(self, name: str) -> None:
        text = LEAST.replace("mail:", f"  notes: ${{{name}}}\nmail:")
        assert one(text, {name: "fine"}).desired.application.notes == "fine"

    @pytest.mark.parametrize(
        "text", ["${}", "${A B}", "${A:=x}", "${1A}", "${A", "${A:-${B}}", "${A-x}", "${A.b}", "${ A }"]
    )
    def test_what_is_no_variable(self, text: str) -> None:
        said = fails(write(LEAST.replace("mail:", f"  notes: '{text}'\nmail:")), A="x", B="y")
        assert len(said) == 1
        assert said[0].startswith("prod.yaml:7:10 invalid-value")

    def test_no_message_prints_a_variables_value(self) -> None:
        """In every key that takes text: the message names the variable instead."""
        keys = {
            "name": "name: ${X}",
            "id": "id: ${X}",
            "admin_url": "admin_url: ${X}",
            "address": "address: ${X}",
        }
        text = "".join(
            next(
                (
                    line[: len(line) - len(line.lstrip())] + new + "\n"
                    for key, new in keys.items()
                    if line.strip().startswith(key + ":")
                ),
                line,
            )
            for line in LEAST.splitlines(keepends=True)
        )
        text += "consent: ${X}\nproduct: ${X}\n"
        text += "secret:\n  lifetime: ${X}\n  renew_before: ${X}\n  delivery: ${X}\n"
        text = text.replace("mail:", "  sign_in_audience: ${X}\n  owners: ['${X}']\n  client_id: ${X}\nmail:")
        for value in (
            "canary 4711",
            "canary,4711",
            "http://canary.4711/",
            "Canary_4711",
            "x <canary@4711.example>",
        ):
            with pytest.raises(ProvisionError) as caught:
                load([write(text)], variables={"X": value})
            assert len(caught.value.all) >= 11
            for error in caught.value.all:
                words = json.dumps([str(error), error.message, error.fix, error.where and error.where.text])
                assert "anary" not in words
                assert "${X}" in words


class TestPaths:
    """Files, folders and globs."""

    def test_folders_and_globs(self) -> None:
        for name in ("b", "a", "c"):
            write(LEAST.replace("collab-prod", f"app-{name}"), f"configs/{name}.yaml")
        write("not: a config\n", "configs/notes.txt")
        write("not: a config\n", "configs/.hidden.yaml")
        write(LEAST.replace("collab-prod", "app-d"), "configs/d.yml")
        names = [config.desired.name for config in load(["configs"])]
        assert names == ["app-a", "app-b", "app-c", "app-d"]
        assert [config.path for config in load(["configs/*.yaml"])] == [f"configs/{n}.yaml" for n in "abc"]
        assert [config.path for config in load(["configs/c.yaml", "configs", "./configs/a.yaml"])] == [
            "configs/c.yaml",
            "configs/a.yaml",
            "configs/b.yaml",
            "configs/d.yml",
        ]

    def test_redirect_uris_that_differ_in_case(self) -> None:
        """Entra compares a host without case and a path with it, so both may be wanted."""
        uris = "[https://a.example/x, https://A.example/X]"
        app = one(LEAST.replace("mail:", f"  redirect_uris: {uris}\nmail:")).desired.application
        assert app.redirect_uris[1:] == ("https://a.example/x", "https://a.example/X")

    def test_a_file_that_is_there_to_be_extended(self) -> None:
        """Left out of a folder or a glob; checked where it is named itself."""
        write("version: 1\nsecret: {lifetime: 90d}\n", "configs/base.yaml")
        write(LEAST + "extends: base.yaml\n", "configs/prod.yaml")
        assert [config.path for config in load(["configs"])] == ["configs/prod.yaml"]
        assert [config.path for config in load(["configs/*"])] == ["configs/prod.yaml"]
        assert "missing-key: name is missing" in fails("configs/base.yaml", "configs")[0]

    def test_nothing_there(self) -> None:
        Path("empty").mkdir()
        assert [line.split(":")[0] for line in fails("nowhere.yaml", "empty", "no/*.yaml", "a\0b")] == [
            "nowhere.yaml config-not-found",
            "empty config-not-found",
            "no/*.yaml config-not-found",
            "a\0b config-not-found",
        ]

    def test_what_is_no_readable_file(self) -> None:
        Path("dangling.yaml").symlink_to("gone.yaml")
        assert "is a link to a file that is not there" in fails("dangling.yaml")[0]
        Path("folder.yaml").mkdir()
        write(LEAST, "folder.yaml/x.yaml")
        Path("outer").mkdir()
        Path("outer/inner.yaml").mkdir()
        assert "the folder holds no" in fails("outer")[0]  # its subfolders neither

    def test_a_pipe_in_a_folder_is_no_config(self) -> None:
        """Nobody may ever write into it; named itself, it is read."""
        write(LEAST, "piped/x.yaml")
        os.mkfifo("piped/y.yaml")
        assert [config.path for config in load(["piped"])] == ["piped/x.yaml"]

    def test_one_application_twice(self) -> None:
        """By name and tenant, whatever the case of the tenant's id."""
        write(LEAST, "a.yaml")
        write(LEAST.replace(GUID, GUID.upper()), "b.yaml")
        assert fails("a.yaml", "b.yaml") == [
            "b.yaml:2:7 duplicate-name: 'collab-prod' is declared for this tenant in a.yaml:2:7 already"
        ]
        write(LEAST.replace("3f0c", "4f0c"), "b.yaml")
        assert len(load(["a.yaml", "b.yaml"])) == 2

    def test_one_registration_adopted_twice(self) -> None:
        """A config that was copied with its client_id would undo the other's changes for ever."""
        adopted = GUID.replace("3f0c8a52", "3f0c8a53")
        adopting = LEAST.replace("  admin_url", f"  client_id: {adopted}\n  admin_url")
        write(adopting, "a.yaml")
        write(adopting.replace("collab-prod", "collab-staging"), "b.yaml")
        (fault,) = fails("a.yaml", "b.yaml")
        assert "duplicate-name" in fault
        assert "is declared for this tenant in a.yaml:" in fault

    def test_every_error_of_every_file_at_once(self) -> None:
        write(LEAST + "tennant: x\nconsent: maybe\n", "a.yaml")
        write("name: [\n", "b.yaml")
        write(LEAST.replace("version: 1\n", ""), "c.yaml")
        assert [line.split(": ")[0] for line in fails("a.yaml", "b.yaml", "c.yaml", "d.yaml")] == [
            "a.yaml:9:1 unknown-key",
            "a.yaml:10:10 invalid-value",
            "b.yaml:2:1 yaml-syntax",
            "c.yaml:1:1 missing-key",
            "d.yaml config-not-found",
        ]
