"""Slack's Web API: how it is reached, what its refusals mean to a person, and how long to leave it in peace.

The address is Slack's own; `SLACK_API_URL` in the environment names another one (GovSlack, a proxy).
"""

import logging
import os
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient

from mailhub.errors import Sentence

ADDRESS = "https://slack.com/api/"
PATIENCE = 8
"""Seconds an answer may take."""
LONGEST = 60.0
"""Seconds between two tries while Slack cannot be reached."""

log = logging.getLogger(__name__)
logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # what fails is said here, once

WRONG_TOKEN = Sentence(
    "Slack does not know this bot token any more: copy the Bot User OAuth Token (xoxb-…) of the app again."
)
_MEANING = {
    "invalid_auth": WRONG_TOKEN,
    "not_authed": WRONG_TOKEN,
    "token_revoked": WRONG_TOKEN,
    "token_expired": WRONG_TOKEN,
    "account_inactive": Sentence(
        "The app was removed from the Slack workspace: install it again and copy its new token."
    ),
    "missing_scope": Sentence(
        "The Slack app lacks a permission: give it those of `mailhub slack manifest` and install it again."
    ),
    "channel_not_found": Sentence("Slack knows no such channel: correct its name, or invite the app if it is private."),
    "not_in_channel": Sentence("The app is not in this channel: write /invite @MailHub there."),
    "is_archived": Sentence("This Slack channel is archived: choose another one."),
}


class Unreached(Exception):
    """Slack did not answer, or asks to be left in peace: try again after `seconds`."""

    def __init__(self, seconds: float, limited: bool, words: str) -> None:
        super().__init__(words)
        self.seconds, self.limited = seconds, limited


class Refused(Exception):
    """Slack said no: `code` is its word, `sentence` what a person can do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = _MEANING.get(code) or Sentence("Slack refused ({code}): see docs/slack.md.", code=code)


def address() -> str:
    """Where the Web API is, with a slash at its end."""
    return os.environ.get("SLACK_API_URL", ADDRESS).rstrip("/") + "/"


def client(token: str) -> WebClient:
    """A caller of the Web API that tries once: who calls knows when to try again."""
    return WebClient(token=token, base_url=address(), timeout=PATIENCE, retry_handlers=[])


def call(web: WebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """Call a method, such as `chat.update`. Raises `Refused` and `Unreached`."""
    try:
        answer = web.api_call(method, json=arguments)
    except SlackApiError as error:
        raise told(error) from error
    except (OSError, ValueError, SlackClientError) as error:
        raise Unreached(0, False, words(error)) from error
    found: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    return found


def answer(response_url: str, **message: Any) -> None:
    """Answer behind a `response_url`: private, unless `message` says otherwise. Raises `Refused` and `Unreached`."""
    if not is_ours(response_url):
        raise Refused("response_url")
    try:
        said = WebhookClient(response_url, timeout=PATIENCE, retry_handlers=[]).send_dict(message)
    except (OSError, ValueError) as error:
        raise Unreached(0, False, words(error)) from error
    if said.status_code == 429:
        raise Unreached(_seconds(said.headers.get("retry-after")), True, "rate limited")
    if said.status_code >= 500:
        raise Unreached(0, False, f"HTTP {said.status_code}")
    if said.status_code != 200:
        raise Refused(said.body[:80] or str(said.status_code))


def is_ours(response_url: str) -> bool:
    """Whether an address is Slack's: who can sign a request must not make this server call its neighbours."""
    there, api = urlsplit(response_url), urlsplit(address())
    if address() != ADDRESS:
        return (there.scheme, there.netloc) == (api.scheme, api.netloc)
    return there.scheme == "https" and there.netloc == "hooks.slack.com"


def told(error: SlackApiError) -> Refused | Unreached:
    """What an error of Slack's library means."""
    response = error.response
    status = getattr(response, "status_code", 0)
    if status == 429:
        headers = {str(name).lower(): value for name, value in response.headers.items()}
        return Unreached(_seconds(headers.get("retry-after")), True, "rate limited")
    if status >= 500:
        return Unreached(0, False, f"HTTP {status}")
    return Refused(str(response.get("error", "unknown")))


def _seconds(text: object) -> float:
    value = text[0] if isinstance(text, list) else text
    try:
        return max(1.0, float(str(value)))
    except ValueError:
        return 1.0


def words(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


@dataclass
class Peace:
    """How long one workspace's Slack is left in peace: as long as it asks, or longer and longer while it is away.

    That it is away, and that it is back, is logged once.
    """

    name: str
    until: float = 0.0
    pause: float = 0.0
    away_since: float = field(default=0.0)

    def holds(self) -> bool:
        """True while nothing should be sent."""
        return time.monotonic() < self.until

    def failed(self, error: Unreached) -> None:
        """Slack could not be reached, or wants to be left."""
        now = time.monotonic()
        if error.limited:
            self.until = now + error.seconds
            return
        if not self.away_since:
            self.away_since = now
            log.warning("Slack (%s) cannot be reached (%s): it is tried again by itself", self.name, error)
        self.pause = min(max(1.0, self.pause * 2), LONGEST)
        self.until = now + self.pause

    def refused(self) -> None:
        """Slack knows the way and says no: somebody has to change something first."""
        self.until = time.monotonic() + LONGEST

    def reached(self) -> None:
        """Slack answered."""
        if self.away_since:
            log.warning("Slack (%s) answers again after %.0f s", self.name, time.monotonic() - self.away_since)
        self.away_since = self.pause = 0.0
