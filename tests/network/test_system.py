"""The system's own store of authorities is trusted where no variable names others; and IPv6 alone."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import certifi
import httpx
import pytest
import truststore
from azure.core.exceptions import AzureError

from provision.network import Network, current, trust
from tests.network.standin import authority, host, proxy
from tests.network.test_clients import Ask, each_way
from tests.support import Program, write_config


@each_way
def test_what_the_system_trusts_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """As an agency puts its authority there; OpenSSL looks for its store by this very variable."""
    ca, served = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))  # of OpenSSL: the program's own reading is what is below
    with host(served) as port, proxy(port) as seen:
        assert ask(Network({"HTTPS_PROXY": f"http://127.0.0.1:{seen.port}"})) == 200


@each_way
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_variable_replaces_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask, variable: str
) -> None:
    """What the system trusts is not trusted any more; what the variable names is."""
    ca, served = authority(tmp_path)
    (tmp_path / "other").mkdir()
    other, other_served = authority(tmp_path / "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    for certificate, trusted in ((served, False), (other_served, True)):
        with host(certificate) as port, proxy(port) as seen:
            network = Network({"HTTPS_PROXY": f"http://127.0.0.1:{seen.port}", variable: str(other)})
            if trusted:
                assert ask(network) == 200
            else:
                with pytest.raises((httpx.ConnectError, AzureError), match="CERTIFICATE_VERIFY_FAILED"):
                    ask(network)


def test_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A small container: Mozilla's list, which comes with the program; else the system's is left alone."""
    paths = ssl.DefaultVerifyPaths("", str(tmp_path / "certs"), "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(trust, "_STORES", (str(tmp_path / "ca.crt"),))
    assert not trust.has_store()
    loaded: list[str] = []
    monkeypatch.setattr(truststore.SSLContext, "load_verify_locations", lambda _, file: loaded.append(file))
    trust.context(None)
    assert loaded == [certifi.where()]
    assert Path(certifi.where()).read_text().count("BEGIN CERTIFICATE") > 100
    (tmp_path / "ca.crt").write_text("")
    assert trust.has_store()
    trust.context(None)
    assert len(loaded) == 1


def test_doctor_says_which(provision: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's, or the one that comes with the program."""
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.setenv(name, "11111111-2222-4333-8444-555555555555")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    said: Callable[[], str] = lambda: next(  # noqa: E731
        check["message"]
        for check in provision("doctor", write_config(), "--timeout", "1", "-o", "json").json["checks"]
        if check["check"] == "certificates"
    )
    assert said() == "the system's own store of authorities"
    monkeypatch.setattr("provision.engine.ways.has_store", lambda: False)
    assert "come with the program" in said()


@each_way
def test_a_proxy_on_ipv6_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """Its address is written in brackets."""
    ca, served = authority(tmp_path)
    with host(served) as port, proxy(port, "::1") as seen:
        monkeypatch.setenv("HTTPS_PROXY", f"http://[::1]:{seen.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        assert ask(current()) == 200
