"""Eight signatures at once are the same as one by one, and none that is wrong leaves."""

import subprocess
import sys
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from mailhub import multibuffer

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DIGESTS = [sha256(bytes([number])).digest() for number in range(multibuffer.WIDTH)]

needed = pytest.mark.skipif(
    multibuffer.rsa_signer(KEY) is None, reason="crypto_mb is not installed, or this processor has no AVX-512 IFMA"
)


def _one_by_one(key: rsa.RSAPrivateKey, digests: list[bytes]) -> list[bytes]:
    return [key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256())) for digest in digests]


@needed
@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_rsa_signatures_are_openssls(count: int) -> None:
    sign = multibuffer.rsa_signer(KEY)
    assert sign is not None
    assert sign(DIGESTS[:count]) == _one_by_one(KEY, DIGESTS[:count])


@needed
def test_keys_do_not_mix() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    first, second = multibuffer.rsa_signer(KEY), multibuffer.rsa_signer(other)
    assert first is not None
    assert second is not None
    for _ in range(3):
        assert first(DIGESTS) == _one_by_one(KEY, DIGESTS)
        assert second(DIGESTS[:3]) == _one_by_one(other, DIGESTS[:3])


@needed
@pytest.mark.parametrize("count", [1, 5, 8])
def test_ed25519_signatures_are_openssls(count: int) -> None:
    key = Ed25519PrivateKey.generate()
    sign = multibuffer.ed25519_signer(key)
    assert sign is not None
    assert sign(DIGESTS[:count]) == [key.sign(digest) for digest in DIGESTS[:count]]


@needed
def test_a_signature_that_does_not_verify_is_thrown_away() -> None:
    found = multibuffer._library()
    assert found is not None
    signer = multibuffer._Rsa(found, KEY)
    prime = signer._key[0].memory
    prime[0] = bytes([prime.raw[0] ^ 2])  # a bit that fell over in memory: the result would betray the other prime
    with pytest.raises(RuntimeError, match="not made right"):
        signer.sign(DIGESTS)


@needed
def test_other_rsa_keys_are_left_to_openssl() -> None:
    assert multibuffer.rsa_signer(rsa.generate_private_key(public_exponent=65537, key_size=3072)) is None
    assert multibuffer.rsa_signer(rsa.generate_private_key(public_exponent=3, key_size=2048)) is None


def test_without_the_library_mail_is_signed_one_by_one() -> None:
    program = (
        "import sysconfig; sysconfig.get_path = lambda name: '/nowhere'\n"
        "from mailhub import dkim, multibuffer\n"
        "assert multibuffer._library() is None\n"
        "signer = dkim.Signer('example.com', dkim.generate_keys('m'))\n"
        "mail = dkim.Unsigned([(b'From', b'a@example.com')], b'x\\r\\n')\n"
        "print([each.count(b'DKIM-Signature') for each in signer.sign_all([mail] * 9)])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == str([2] * 9)
