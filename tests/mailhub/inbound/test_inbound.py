import pytest

from mailhub import hookimpl
from mailhub.errors import NotFound
from mailhub.hub import Hub
from mailhub.inbound import Mail, receive

MAIL = Mail("a@b.ca", "box@in.example", b"x", "192.0.2.1", "peer", 0)


class Taker:
    """A plugin that takes, or does not."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.mails: list[Mail] = []

    @hookimpl
    def receive_mail(self, mail: Mail) -> bool | None:
        self.mails.append(mail)
        return self.answer


def test_nobody_takes_it(sqlite_core: Hub) -> None:
    with pytest.raises(NotFound, match=r"takes mail for box@in\.example"):
        receive(sqlite_core, MAIL)


def test_the_first_who_takes_it_has_it_alone(sqlite_core: Hub) -> None:
    last, taker, first = Taker(True), Taker(True), Taker(None)
    for name, plugin in (("last", last), ("taker", taker), ("first", first)):
        sqlite_core.manager.register(plugin, name)
    receive(sqlite_core, MAIL)
    assert (first.mails, taker.mails, last.mails) == ([MAIL], [MAIL], [])
