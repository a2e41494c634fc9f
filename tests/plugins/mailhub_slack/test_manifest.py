"""The manifest has what the code needs: the command, the buttons' address, scopes and events; or none of the addresses."""

import pytest

from mailhub import Invalid
from mailhub_slack.manifest import manifest


def test_over_https(sqlite_hub: object) -> None:
    made = manifest("https://mail.example.com/", socket=False)
    address = "https://mail.example.com/slack/events"
    command = made["features"]["slash_commands"][0]
    assert (command["command"], command["url"]) == ("/mailhub", address)
    settings = made["settings"]
    assert settings["interactivity"] == {"is_enabled": True, "request_url": address}
    assert settings["event_subscriptions"]["request_url"] == address
    assert settings["event_subscriptions"]["bot_events"] == ["app_uninstalled", "tokens_revoked"]
    assert settings["socket_mode_enabled"] is False
    assert set(made["oauth_config"]["scopes"]["bot"]) == {"commands", "chat:write", "chat:write.public"}


def test_by_socket_there_is_no_address() -> None:
    made = manifest("http://localhost:8000", socket=True)
    assert made["settings"]["socket_mode_enabled"] is True
    assert "localhost" not in str(made)
    assert "url" not in str(made)


def test_an_address_that_slack_cannot_use_is_said_so() -> None:
    with pytest.raises(Invalid, match="Slack reaches a server by HTTPS only, and http://localhost:8000 is not"):
        manifest("http://localhost:8000", socket=False)


def test_slacks_limits_are_kept() -> None:
    made = manifest("https://x.example", socket=False)
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["slash_commands"][0]["description"]) <= 2000
    assert len(made["features"]["slash_commands"][0]["usage_hint"]) <= 1000
