"""Twilio's own library, with bounded time and an address that can be another one's."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from mailhub_sms.provider import Provider

TIMEOUT = 10.0
"""Seconds Twilio has to answer."""


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Asks at `api_url` what the library would ask at api.twilio.com; "" asks there."""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=TIMEOUT)
        self._base = urlsplit(api_url) if api_url else None

    def request(self, method: str, url: str, *more: Any, **named: Any) -> Response:
        if self._base is not None:
            asked = urlsplit(url)
            path = self._base.path.rstrip("/") + asked.path
            url = urlunsplit((self._base.scheme, self._base.netloc, path, asked.query, ""))
        return super().request(method, url, *more, **named)


def connect(provider: Provider) -> Client:
    """Twilio's client for a provider; nothing is asked yet."""
    return Client(provider.account_sid, provider.token, http_client=_Http(provider.api_url))
