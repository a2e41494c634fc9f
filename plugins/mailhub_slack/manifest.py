"""The manifest of the Slack app: what `mailhub slack manifest` prints and https://api.slack.com/apps takes.

https://docs.slack.dev/reference/app-manifest
"""

from typing import Any
from urllib.parse import urlsplit

from mailhub import Invalid
from mailhub_slack.answers import COMMANDS

PATH = "/slack/events"
SCOPES = ["chat:write", "chat:write.public", "commands"]
EVENTS = ["app_uninstalled", "tokens_revoked"]


def manifest(url: str, socket: bool) -> dict[str, Any]:
    """The manifest. `url` is where this server is reached; with `socket` Slack needs no address.

    Raises `Invalid` for an address that Slack does not take: it calls over HTTPS only.
    """
    if not socket and urlsplit(url).scheme != "https":
        raise Invalid(
            "Slack reaches a server by HTTPS only, and {url} is not: give --url https://…, or --socket, which needs no address.",
            url=url,
        )
    endpoint = url.rstrip("/") + PATH
    return {
        "display_information": {
            "name": "MailHub",
            "description": "Campaigns of your mail server: numbers, pause and resume",
            "background_color": "#1f3a5f",
        },
        "features": {
            "bot_user": {"display_name": "MailHub", "always_online": True},
            "slash_commands": [_command({} if socket else {"url": endpoint})],
        },
        "oauth_config": {"scopes": {"bot": SCOPES}},
        "settings": {
            "event_subscriptions": {"bot_events": EVENTS, **({} if socket else {"request_url": endpoint})},
            "interactivity": {"is_enabled": True, **({} if socket else {"request_url": endpoint})},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }


def _command(address: dict[str, str]) -> dict[str, Any]:
    names = " | ".join(each.name for each in COMMANDS)
    return {
        "command": "/mailhub",
        **address,
        "description": "Campaigns: status, numbers, pause and resume",
        "usage_hint": names,
        "should_escape": False,
    }
