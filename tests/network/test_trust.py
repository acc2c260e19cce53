"""What a variable can name in place of certificates, and what is said of it; and what counts where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from provision.errors import ProvisionError, catalogue
from provision.network import trust
from provision.network.trust import named
from tests.network.standin import authority
from tests.support import Program, write_config

BLOCK = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
EACH = pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with everything in it that people name for certificates."""
    ca, served = authority(tmp_path)
    text = ca.read_text()
    (tmp_path / "empty.pem").touch()
    (tmp_path / "blank.pem").write_text("\n\n")
    (tmp_path / "junk.pem").write_text("not a certificate\n")
    (tmp_path / "page.pem").write_text("<!doctype html><title>Sign in to the proxy</title>")
    (tmp_path / "broken.pem").write_text(BLOCK.format("AAAA"))
    (tmp_path / "cut.pem").write_text(text[: len(text) // 2])
    (tmp_path / "key.pem").write_text(served.read_text().partition("-----END CERTIFICATE-----")[2])
    der = x509.load_pem_x509_certificate(ca.read_bytes()).public_bytes(serialization.Encoding.DER)
    (tmp_path / "root.cer").write_bytes(der)
    (tmp_path / "chain.p7b").write_text("-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n")
    (tmp_path / "mixed.pem").write_text(f"# Agency\n{BLOCK.format('AAAA')}{text}{text}")
    (tmp_path / "dos.pem").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "wide.pem").write_bytes(text.encode("utf-16"))
    (tmp_path / "trusted.pem").write_text(text.replace(" CERTIFICATE", " X509 CERTIFICATE"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "agency.crt").write_text(text)  # not called by its hash
    (tmp_path / "folder" / "README").write_text("read me")
    (tmp_path / "none").mkdir()
    return tmp_path


@EACH
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.pem", "there is no such file"),
        ("empty.pem", "it is empty"),
        ("blank.pem", "it is empty"),
        ("junk.pem", "it holds no certificates in the form PEM"),
        ("page.pem", "it holds no certificates in the form PEM"),
        ("broken.pem", "no certificate in it can be read"),
        ("cut.pem", "no certificate in it can be read"),
        ("key.pem", "it holds a private key and no certificate"),
        ("root.cer", "in the binary form DER"),
        ("chain.p7b", "PKCS #7"),
        ("none", "it is a folder"),
        ("~/ca.pem", "filled in by a shell"),
        ("$HOME/ca.pem", "filled in by a shell"),
        ('"ca.pem"', "quotes are part of the name"),
        ("ca\0.pem", "it is no path"),
        ("x" * 300, "File name too long"),
        ("/dev/zero", "a device"),
    ],
)
def test_what_is_none(files: Path, variable: str, name: str, said: str) -> None:
    """The variable is named with its value, and why; where a command helps, it can be pasted."""
    value = name if name[:1] in '~$"/' else str(files / name)
    with pytest.raises(ProvisionError) as caught:
        named({variable: value})
    error = caught.value
    assert error.entry is catalogue.CA_FILE
    assert error.message.startswith(f"{variable} names {value}: ")
    assert said in error.message
    if "openssl" in (error.fix or ""):
        assert str(files / name) in error.fix


@EACH
@pytest.mark.parametrize(
    "name", ["agency.pem", "mixed.pem", "dos.pem", "wide.pem", "trusted.pem", "host.pem"]
)
def test_what_is_one(files: Path, variable: str, name: str) -> None:
    """Text before and between, a broken one beside it, twice the same, marks, line ends, a key behind it."""
    found = named({variable: str(files / name)})
    assert found is not None
    assert len(found.ders) == 1
    assert trust.context(found).get_ca_certs(binary_form=True) == list(found.ders) or name == "host.pem"


def test_folders(files: Path) -> None:
    """SSL_CERT_DIR takes several, as PATH does; requests' and curl's variables one, SSL_CERT_FILE none."""
    folder = str(files / "folder")
    for variables in (
        {"SSL_CERT_DIR": folder},
        {"SSL_CERT_DIR": os.pathsep.join(("/no/such/folder", folder, str(files / "none")))},
        {"REQUESTS_CA_BUNDLE": folder},
        {"CURL_CA_BUNDLE": folder},
    ):
        found = named(variables)
        assert found is not None
        assert len(found.ders) == 1
    with pytest.raises(ProvisionError, match="it is a folder, not a file"):
        named({"SSL_CERT_FILE": folder})
    for value, said in (
        ("/no/such/folder", "no such folder"),
        (str(files / "none"), "without a certificate"),
    ):
        with pytest.raises(ProvisionError, match=said):
            named({"SSL_CERT_DIR": value})


def test_what_counts(files: Path) -> None:
    """The first file that is set; a folder beside it; and what of them is passed over is told."""
    (files / "other").mkdir()
    other, _ = authority(files / "other")
    good, folder = str(files / "agency.pem"), str(files / "other")
    assert named({}) is None
    assert named({"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": ""}) is None
    both = named({"SSL_CERT_FILE": good, "SSL_CERT_DIR": folder})
    assert both is not None
    assert len(both.ders) == 3  # the host's beside the authority's
    first = named(
        {"SSL_CERT_FILE": good, "REQUESTS_CA_BUNDLE": str(other), "SSL_CERT_DIR": "/no/such/folder"}
    )
    assert first is not None
    assert len(first.ders) == 1
    assert first.passed_over == (
        "SSL_CERT_DIR names /no/such/folder: there is no such folder",
        "REQUESTS_CA_BUNDLE comes after SSL_CERT_FILE",
    )


# -- through the whole program ---------------------------------------------------------------------------

SIGN_IN = {
    "AZURE_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
    "AZURE_TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "AZURE_CLIENT_SECRET": "x",
}
WRONG = [
    ("SSL_CERT_FILE", "/no/such/file.pem", "ca-file"),
    ("SSL_CERT_FILE", "/etc", "ca-file"),
    ("SSL_CERT_DIR", "/no/such/folder", "ca-file"),
    ("REQUESTS_CA_BUNDLE", "empty.pem", "ca-file"),
    ("CURL_CA_BUNDLE", "prod.yaml", "ca-file"),
    ("ALL_PROXY", "socks://jane:geheim@127.0.0.1:1080", "proxy"),
    ("https_proxy", "http://jane:geheim@proxy:port", "proxy"),
]


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that will not be needed."""
    for name, value in SIGN_IN.items():
        monkeypatch.setenv(name, value)
    Path("empty.pem").touch()


@pytest.mark.parametrize(("name", "value", "error"), WRONG)
@pytest.mark.parametrize("verb", ["plan", "verify", "drift", "expiry", "show", "orphans"])
def test_every_verb_says_so_before_anything_is_sent(
    provision: Program,
    monkeypatch: pytest.MonkeyPatch,
    signed_in: None,
    verb: str,
    name: str,
    value: str,
    error: str,
) -> None:
    """64, the variable, no report of a crash, no password."""
    monkeypatch.setenv(name, value)
    ran = provision(verb, write_config(), "--timeout", "1", "-o", "json")
    assert (ran.code, ran.json["error"]) == (64, error), ran.out
    assert name in ran.json["message"]
    assert "geheim" not in ran.out + ran.err


@pytest.mark.parametrize(("name", "value", "error"), WRONG)
def test_doctor_shows_it_all_the_same(
    provision: Program, monkeypatch: pytest.MonkeyPatch, signed_in: None, name: str, value: str, error: str
) -> None:
    """What is wrong, and beside it what is not; each host with its way, the sink's too."""
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "login.microsoftonline.com")
    argv = ("doctor", write_config(), "--timeout", "1", "--deliver", "github:agency/mail")
    ran = provision(*argv, "-o", "json")
    checks = {check["check"]: check for check in ran.json["checks"]}
    failed, fine = ("certificates", "proxy") if error == "ca-file" else ("proxy", "certificates")
    assert (checks[failed]["state"], checks[failed]["name"]) == ("failed", error)
    assert checks[fine]["state"] == "ok"
    if fine == "proxy":
        hosts = "login.microsoftonline.com, graph.microsoft.com, api.github.com"
        assert checks["proxy"]["message"] == f"{hosts} directly (no proxy is set)"
    assert checks["Graph"]["state"] == "failed"
    assert ran.json["exit_code"] == ran.code != 0
    text = provision(*argv)
    assert name in text.out
    assert "geheim" not in ran.out + ran.err + text.out + text.err


def test_doctor_hides_the_password_of_a_proxy_that_works_or_not(
    provision: Program, monkeypatch: pytest.MonkeyPatch, signed_in: None
) -> None:
    """The way of each host, by which variable; the name is hidden, too, for it may be a token."""
    monkeypatch.setenv("HTTPS_PROXY", "http://jane:geheim@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*.microsoftonline.com")
    ran = provision("doctor", write_config(), "--timeout", "1", "--deliver", "file:out.secret")
    assert "login.microsoftonline.com directly (NO_PROXY has '*.microsoftonline.com')" in ran.out
    assert "graph.microsoft.com through http://***@127.0.0.1:9 (HTTPS_PROXY)" in ran.out
    assert "The proxy of HTTPS_PROXY (http://***@127.0.0.1:9) does not answer" in ran.out
    assert "jane" not in ran.out + ran.err
    assert "geheim" not in ran.out + ran.err


def test_a_rehearsal_asks_nobody(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """So nothing of this concerns it."""
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1080")
    ran = provision("doctor", write_config(), "--sandbox", "-o", "json")
    assert ran.code == 0
    assert not {"certificates", "proxy"} & {check["check"] for check in ran.json["checks"]}
