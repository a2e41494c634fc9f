"""The first sign-in is the activation date; each one ends the device before."""

from collections.abc import Callable

from mailhub.hub import Hub
from mailhub.testing import Clock
from mailhub_mobile import activating, connectors
from mailhub_mobile.models import Connector


def test_a_sign_in_and_the_next(hub: Hub, clock: Clock, give: Callable[..., int]) -> None:
    connector = Connector.get_by_id(give())
    connectors.make_code(hub, connector)
    activating.activate(hub, connector, "x" * 500)
    first = Connector.get_by_id(connector.id)
    assert (first.state, first.activated_at, first.code_hash, len(first.agent)) == ("active", hub.ms(), "", 200)
    clock.move(60)
    activating.activate(hub, first, "")
    second = Connector.get_by_id(connector.id)
    assert second.activated_at == first.activated_at != second.seen_at
    assert second.family != connector.family or second.family != first.family
    activating.sign_out(second)
    assert Connector.get_by_id(connector.id).state == "out"
