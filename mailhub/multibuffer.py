"""Eight signatures at once, where the processor can (AVX-512 IFMA) and Intel's crypto_mb is installed (`mailhub[fast]`).

RSA-2048 takes a third of OpenSSL's time so, Ed25519 a tenth. Without the library the functions here answer None, and
`dkim` signs one by one with OpenSSL. RSA results are checked: a faulty CRT signature that leaves would betray the key.
"""

import ctypes
import logging
import sysconfig
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

WIDTH = 8
"""Signatures made in one call; fewer take as long."""

Sign = Callable[[Sequence[bytes]], list[bytes]]

_NAME = "libcrypto_mb.so.13"
# crypto_mb names these as needed and calls nothing in them; the loader wants to have met them all the same.
_BESIDE = ("libintlc.so.5", "libimf.so", "libirng.so", "libsvml.so")
_RSA_2K = 1  # MBX_ALGO_RSA_2K
_BITS, _BYTES = 2048, 256
# EMSA-PKCS1-v1_5 of a SHA-256 digest (RFC 8017, 9.2): all but the digest itself.
_PADDING = bytes.fromhex("0001" + "ff" * 202 + "00" + "3031300d060960864801650304020105000420")

_Pointers = ctypes.c_void_p * WIDTH
log = logging.getLogger(__name__)


def rsa_signer(private: RSAPrivateKey) -> Sign | None:
    """What makes PKCS#1 v1.5 signatures (256 bytes each) of up to eight SHA-256 digests with a 2048-bit key.

    None without the library, the processor for it, or with another kind of RSA key.
    """
    found = _library()
    numbers = private.private_numbers()
    if found is None or private.key_size != _BITS or numbers.public_numbers.e != 65537:
        return None
    return _Rsa(found, private).sign


def ed25519_signer(private: Ed25519PrivateKey) -> Sign | None:
    """What makes Ed25519 signatures (64 bytes each) of up to eight messages of 32 bytes; None as above."""
    found = _library()
    return None if found is None else _Ed25519(found, private).sign


class _Rows:
    """Memory for eight values of one length, and the table of pointers to them that crypto_mb takes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.memory = ctypes.create_string_buffer(WIDTH * size)
        self.pointers = self.part(0)

    def part(self, offset: int) -> ctypes.Array[ctypes.c_void_p]:
        """Pointers to what begins at `offset` of each value."""
        start = ctypes.addressof(self.memory) + offset
        return _Pointers(*[start + number * self._size for number in range(WIDTH)])


class _Same:
    """One value, eight times over."""

    def __init__(self, value: bytes) -> None:
        self.memory = ctypes.create_string_buffer(value, len(value))
        self.pointers = _Pointers(*[ctypes.addressof(self.memory)] * WIDTH)


class _Rsa:
    def __init__(self, found: ctypes.CDLL, private: RSAPrivateKey) -> None:
        numbers = private.private_numbers()
        half = [numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
        self._key = [_Same(value.to_bytes(_BYTES // 2, "little")) for value in half]
        self._modulus = _Same(numbers.public_numbers.n.to_bytes(_BYTES, "little"))
        self._in, self._out, self._back = _Rows(_BYTES), _Rows(_BYTES), _Rows(_BYTES)
        self._private, self._public = found.mbx_rsa_private_crt_mb8, found.mbx_rsa_public_mb8
        self._crt = found.mbx_RSA_private_crt_Method(_BITS)
        self._check = found.mbx_RSA_pub65537_Method(_BITS)
        rooms = [found.mbx_RSA_Method_BufSize(method) for method in (self._crt, self._check)]
        self._room, self._check_room = map(ctypes.create_string_buffer, rooms)
        self._guard = threading.Lock()

    def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Raises RuntimeError when a signature does not verify."""
        blocks = b"".join([_PADDING + digest for digest in digests])
        with self._guard:
            self._in.memory.raw = blocks.ljust(WIDTH * _BYTES, blocks[:1])
            key = [part.pointers for part in self._key]
            status = self._private(self._in.pointers, self._out.pointers, *key, _BITS, self._crt, self._room)
            back = (self._out.pointers, self._back.pointers, self._modulus.pointers)
            status |= self._public(*back, _BITS, self._check, self._check_room)
            if status or self._back.memory.raw[: len(blocks)] != blocks:
                raise RuntimeError("an RSA signature was not made right, and was thrown away")
            return _cut(self._out.memory.raw, _BYTES, len(digests))


class _Ed25519:
    def __init__(self, found: ctypes.CDLL, private: Ed25519PrivateKey) -> None:
        self._private, self._public = _Same(private.private_bytes_raw()), _Same(private.public_key().public_bytes_raw())
        self._in = _Rows(32)
        self._lengths = (ctypes.c_uint32 * WIDTH)(*[32] * WIDTH)
        self._out = _Rows(64)
        self._s = self._out.part(32)
        self._sign = found.mbx_ed25519_sign_mb8
        self._guard = threading.Lock()

    def sign(self, digests: Sequence[bytes]) -> list[bytes]:
        """Raises RuntimeError when crypto_mb refuses."""
        with self._guard:
            self._in.memory.raw = b"".join(digests).ljust(WIDTH * 32, b"\0")
            key = (self._private.pointers, self._public.pointers)
            if self._sign(self._out.pointers, self._s, self._in.pointers, self._lengths, *key):
                raise RuntimeError("an Ed25519 signature could not be made")
            return _cut(self._out.memory.raw, 64, len(digests))


def _cut(octets: bytes, size: int, count: int) -> list[bytes]:
    return [octets[start : start + size] for start in range(0, count * size, size)]


@cache
def _library() -> ctypes.CDLL | None:
    """crypto_mb, when it is there and this processor can run it."""
    folder = Path(sysconfig.get_path("data")) / "lib"
    try:
        for name in _BESIDE:
            if (folder / name).exists():
                ctypes.CDLL(str(folder / name))
        found = ctypes.CDLL(str(folder / _NAME) if (folder / _NAME).exists() else _NAME)
        _declare(found)
    except (OSError, AttributeError):
        return None
    if not found.mbx_get_algo_info(_RSA_2K) & WIDTH:
        log.info("this processor has no AVX-512 IFMA: signatures are made one by one")
        return None
    return found


def _declare(found: ctypes.CDLL) -> None:
    pointer, number, status = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32
    for name, result, arguments in (
        ("mbx_get_algo_info", ctypes.c_uint64, [number]),
        ("mbx_RSA_private_crt_Method", pointer, [number]),
        ("mbx_RSA_pub65537_Method", pointer, [number]),
        ("mbx_RSA_Method_BufSize", number, [pointer]),
        ("mbx_rsa_private_crt_mb8", status, [pointer] * 7 + [number, pointer, pointer]),
        ("mbx_rsa_public_mb8", status, [pointer] * 3 + [number, pointer, pointer]),
        ("mbx_ed25519_sign_mb8", status, [pointer] * 6),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
