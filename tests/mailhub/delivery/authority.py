"""Certificates of every quality for tests: an authority with an intermediate one, and what servers may do wrong with theirs."""

import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """`pem` is what those who believe it load; `server(["mx.example"])` is a context that shows a good certificate."""

    def __init__(self) -> None:
        self._root_key, self._key = _key(), _key()
        self._root = _certificate("Root", "Root", self._root_key, self._root_key, [], authority=True)
        self._between = _certificate("Between", "Root", self._root_key, self._key, [], authority=True)
        self.pem = _pem(self._root).decode()

    def server(
        self,
        names: Sequence[str],
        *,
        days: tuple[int, int] = (-1, 1),
        chain: bool = True,
        newest: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """A context for a server with a certificate for these names. days: from and until; newest: TLS version at most."""
        key = _key()
        leaf = _certificate("server", "Between", self._key, key, names, days=days)
        return _context([leaf, self._between] if chain else [leaf], key, newest)


def self_signed(names: Sequence[str]) -> ssl.SSLContext:
    """A context for a server that vouches for itself."""
    key = _key()
    return _context([_certificate("self", "self", key, key, names)], key, None)


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    subject: str,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    *,
    days: tuple[int, int] = (-1, 1),
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(_name(issuer), _name(subject), key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now + days[0] * DAY).not_valid_after(now + days[1] * DAY)
    made = made.add_extension(x509.BasicConstraints(authority, None), critical=True)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if authority:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = made.add_extension(usage, critical=True)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
    return made.sign(signer, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _context(
    chain: Sequence[x509.Certificate], key: ec.EllipticCurvePrivateKey, newest: ssl.TLSVersion | None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.NamedTemporaryFile() as file:  # OpenSSL takes a chain from a file only
        file.write(b"".join(map(_pem, chain)) + secret)
        file.flush()
        context.load_cert_chain(file.name)
    if newest is not None:
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    return context
