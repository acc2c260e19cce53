"""A host with a certificate of its own, and a proxy in front of it, both on this machine."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "graph.agency.example"  # its name is known to the proxy alone


def authority(folder: Path, *, critical: bool = True) -> tuple[Path, Path]:
    """Make a company's authority and a certificate of the host; return its file, and that of host and key."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    name, host = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Agency CA", HOST))
    now = datetime.now(UTC)

    def signed(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=critical)
        )
        if not ca:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        return made.sign(keys[0], hashes.SHA256())

    pem = serialization.Encoding.PEM
    own, served = folder / "agency.pem", folder / "host.pem"
    own.write_bytes(signed(name, keys[0], ca=True).public_bytes(pem))
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    served.write_bytes(signed(host, keys[1], ca=False).public_bytes(pem) + key)
    return own, served


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def host(certificate: Path) -> Iterator[int]:
    """Serve the host; yield its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Seen:
    """What a proxy was asked for: the hosts, and the name and password that came with each."""

    port: int
    hosts: list[str] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)


@contextmanager
def proxy(leads_to: int, at: str = "127.0.0.1") -> Iterator[Seen]:
    """Serve a proxy that takes CONNECT to any host, and leads to one port of this machine."""
    family = socket.AF_INET6 if ":" in at else socket.AF_INET
    listening = socket.create_server((at, 0), family=family)
    seen = Seen(listening.getsockname()[1])

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def serve(client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            seen.hosts.append(lines.readline().split()[1].decode())
            login = None
            while (line := lines.readline().strip()) and b":" in line:
                if line.lower().startswith(b"proxy-authorization: basic "):
                    login = base64.b64decode(line.split()[-1]).decode()
            seen.logins.append(login)
            with socket.create_connection(("127.0.0.1", leads_to)) as target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(target, client), daemon=True)
                back.start()
                pump(client, target)
                back.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield seen
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
