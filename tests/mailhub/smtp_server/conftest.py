import datetime
import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailhub.hub import Hub
from mailhub.smtp_server import Listener
from tests.mailhub.smtp_server.listening import Login, listening, make_login


@pytest.fixture
def login(sqlite_core: Hub) -> Login:
    """A login of an account that owns acme.example."""
    return make_login(sqlite_core)


@pytest.fixture
def listener(sqlite_core: Hub) -> Iterator[Listener]:
    """Both listeners over the core on SQLite, as configured by default, without a certificate."""
    with listening(sqlite_core) as started:
        yield started


def _make_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = built.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signed.public_bytes(serialization.Encoding.PEM) + secret


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a self-signed certificate for localhost and its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(_make_certificate())
    return path


@pytest.fixture
def make_certificate() -> Callable[[], bytes]:
    """Makes what such a file holds, anew each time."""
    return _make_certificate


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port of 127.0.0.1 that something else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]
