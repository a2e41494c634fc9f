"""Signatures as Standard Webhooks wants them: HMAC-SHA256 over id, timestamp and body, with a secret `whsec_…`."""

import hmac
import secrets
from base64 import b64decode, b64encode

PREFIX = "whsec_"


def make_secret() -> str:
    """192 random bits, as the receiver's library takes them."""
    return PREFIX + b64encode(secrets.token_bytes(24)).decode()


def sign(secret: str, webhook_id: str, seconds: int, body: bytes) -> str:
    """The header `webhook-signature` for a request sent at `seconds` since 1970."""
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, b"%b.%d.%b" % (webhook_id.encode(), seconds, body), "sha256")).decode()


def headers(secret: str, webhook_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """All that a request carries besides its body."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "MailHub-Webhooks",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(secret, webhook_id, seconds, body),
    }
