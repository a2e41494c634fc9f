"""The route is the configuration's."""

from pathlib import Path

from mailhub.delivery.lanes import Destination
from mailhub.delivery.routes import destination_of
from mailhub.testing import make_hub


def test_the_sandbox_leads_nowhere(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    with make_hub(tmp_path, plugins=no_plugins) as hub:
        assert destination_of(hub) is None


def test_a_smart_host_is_reached_as_configured(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    delivery = {
        "route": "smart_host",
        "smart_host": "mx.example",
        "smart_host_port": 25,
        "smart_host_tls": "required",
        "smart_host_user": "me",
        "smart_host_password": "secret",
    }
    with make_hub(tmp_path, plugins=no_plugins, delivery=delivery) as hub:
        assert destination_of(hub) == Destination("mx.example:25", "mx.example", 25, "required", "me", "secret")
