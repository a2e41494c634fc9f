"""What this machine can do at the moment: OpenSSL's RSA-2048 signing rate with two processes, to judge figures by."""

import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256


def signing_rate(seconds: int = 2) -> float:
    """Signatures a second over two processors: `openssl speed -multi 2 rsa2048`, else the same by cryptography."""
    if shutil.which("openssl"):
        told = subprocess.run(
            ["openssl", "speed", "-seconds", str(seconds), "-multi", "2", "rsa2048"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        found = re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", told, re.M)
        if found:
            return float(found[1])
    with ThreadPoolExecutor(2) as pool:  # signing leaves the interpreter lock to others
        return sum(pool.map(_sign_for, [seconds, seconds]))


def _sign_for(seconds: float) -> float:
    key = rsa.generate_private_key(65537, 2048)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        key.sign(b"x" * 800, padding.PKCS1v15(), SHA256())
        count += 1
    return count / (time.monotonic() - began)
