"""The certificate the listeners show; read again when its files change, so that a renewed one needs no restart."""

import logging
import ssl
from pathlib import Path

from mailhub.config import Config
from mailhub.errors import UserError

log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int] | None, ...]


class Certificate:
    """A certificate and its key as configured. Raises `UserError` when they cannot be read at first."""

    def __init__(self, config: Config) -> None:
        base = config.source.parent if config.source else Path.cwd()
        self._certificate = base / Path(config.smtp.tls_certificate).expanduser()
        self._key = base / Path(config.smtp.tls_key).expanduser() if config.smtp.tls_key else None
        self._seen = self._stamp()
        try:
            self.context = self._load()
        except OSError as error:  # ssl.SSLError is one
            raise UserError(
                "The certificate {certificate} cannot be used ({error}): check smtp.tls_certificate and smtp.tls_key.",
                certificate=self._certificate, error=error.strerror or error,
            ) from error  # fmt: skip

    def look(self) -> bool:
        """Read the files again if they changed; those that cannot be used change nothing. True for a new certificate."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            self.context = self._load()
        except OSError as error:
            log.warning(
                "the new certificate %s cannot be used (%s): the old one is still shown",
                self._certificate, error.strerror or error,
            )  # fmt: skip
            return False
        log.info("the new certificate %s is shown from now on", self._certificate)
        return True

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
        context.load_cert_chain(self._certificate, self._key)
        return context

    def _stamp(self) -> Stamp:
        return tuple(_stamp(path) for path in (self._certificate, self._key) if path)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or another one takes its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def load(config: Config) -> Certificate | None:
    """The configured certificate, or None without one. Raises `UserError`."""
    return Certificate(config) if config.smtp.tls_certificate else None
