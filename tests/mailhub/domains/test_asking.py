"""A name that does not exist has nothing; a server that fails is told."""

import pytest

from mailhub.dns.lookup import Lookup, Unanswered
from mailhub.domains import asking
from tests.dns_server import FAILING, Zone
from tests.mailhub.domains.zones import ask

ZONES = {
    "all.example": Zone(a=("192.0.2.1",), txt=("b", "a"), mx=((5, "mx.example"),)),
    "1.2.0.192.in-addr.arpa": Zone(ptr=("all.example",)),
    "failing.example": FAILING,
}


def test_what_is_there_and_what_is_not() -> None:
    async def work(lookup: Lookup) -> list[object]:
        return [
            await asking.texts(lookup, "all.example"), await asking.texts(lookup, "gone.example"),
            await asking.addresses(lookup, "all.example"), await asking.addresses(lookup, "gone.example"),
            await asking.addresses(lookup, ""), await asking.hosts(lookup, "all.example"),
            await asking.hosts(lookup, "gone.example"), await asking.pointers(lookup, "192.0.2.1"),
            await asking.pointers(lookup, "192.0.2.2"),
        ]  # fmt: skip

    assert ask(ZONES, work) == [
        ["a", "b"], [], ["192.0.2.1"], [], [], [(5, "mx.example")], [], ["all.example"], [],
    ]  # fmt: skip


@pytest.mark.parametrize("question", [asking.texts, asking.addresses, asking.hosts])
def test_a_server_that_fails_is_told(question) -> None:
    with pytest.raises(Unanswered):
        ask(ZONES, lambda lookup: question(lookup, "failing.example"))
