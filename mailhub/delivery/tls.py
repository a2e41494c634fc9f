"""TLS towards other servers: contexts made once, and whether a certificate can be believed, where nobody insists on it.

With opportunistic TLS any certificate will do (RFC 7435), and the ledger says whether it was a good one: OpenSSL keeps
its opinion to itself when it is told not to insist, so the chain is looked at again.
"""

import ssl
import time
import warnings
from collections import OrderedDict
from functools import cached_property
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store

BELIEVED = 3600.0
"""Seconds an opinion of a certificate is kept."""
REMEMBERED = 10_000


class Trust:
    """Whose certificates are believed: those signed by the system's authorities, or by the given ones (PEM) alone."""

    def __init__(self, authorities: str = "") -> None:
        self._authorities = authorities
        self._opinions: OrderedDict[tuple[str, bytes], tuple[float, bool]] = OrderedDict()

    @cached_property
    def strict(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, with a certificate that is valid and bears the server's name."""
        context = ssl.create_default_context(cadata=self._authorities or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    @cached_property
    def lenient(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, with any certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def believes(self, connection: ssl.SSLObject, name: str) -> bool:
        """Whether the certificate shown on a lenient connection is one that `strict` would want for this host name."""
        leaf = connection.getpeercert(binary_form=True)
        if not leaf:
            return False
        key = name, sha256(leaf).digest()
        since, opinion = self._opinions.pop(key, (0.0, False))
        if not since or since + BELIEVED < time.monotonic():
            since, opinion = time.monotonic(), self._verify(_chain(connection) or [leaf], name)
        self._opinions[key] = since, opinion
        while len(self._opinions) > REMEMBERED:
            self._opinions.popitem(last=False)
        return opinion

    @cached_property
    def _store(self) -> Store | None:
        roots = self.strict.get_ca_certs(binary_form=True) or _from_folder()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an old authority's serial number
            found = [root for each in roots if (root := _root(each)) is not None]
        return Store(found) if found else None

    def _verify(self, chain: list[bytes], name: str) -> bool:
        if self._store is None:
            return False
        try:
            leaf, *others = [x509.load_der_x509_certificate(each) for each in chain]
            PolicyBuilder().store(self._store).build_server_verifier(_subject(name)).verify(leaf, others)
        except Exception:  # whatever a certificate made to confuse brings about: it is not one to believe
            return False
        return True


SYSTEM = Trust()
"""The system's authorities: one for the process, since reading them takes some ten milliseconds."""


def _chain(connection: ssl.SSLObject) -> list[bytes]:
    """Every certificate the server sent, in DER. Until Python 3.13 only the inner object tells them."""
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    inner: Any = connection._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner.get_unverified_chain() or ()]


def _root(octets: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(octets)
    except ValueError:  # one old authority that cannot be read is no reason to believe nobody
        return None


def _from_folder() -> list[bytes]:
    """Authorities that the system keeps as single files, which OpenSSL reads only when it needs them."""
    folder = ssl.get_default_verify_paths().capath
    files = sorted(Path(folder).glob("*.0")) if folder else []
    return [x509.load_pem_x509_certificate(each.read_bytes()).public_bytes(Encoding.DER) for each in files]


def _subject(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
