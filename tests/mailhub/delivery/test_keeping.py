"""A batch for the sandbox is kept in one go; what cannot be made becomes its own outcome."""

from mailhub.delivery.building import Ready
from mailhub.delivery.desk import Desk
from mailhub.delivery.keeping import Keeper
from mailhub.delivery.verdicts import Verdicts
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import Kept, Source, Waiting
from mailhub.testing import make_owner, make_source


def _ready(number: int, fails: bool = False) -> Ready:
    def draft() -> bytes:
        if fails:
            raise UserError("It takes too long.")
        return b"Subject: x\r\n\r\nhello\r\n"

    return Ready(Waiting(number, 0, f"u{number}@example.com", number, "example.com"), "b@example.org", False, draft)


def test_what_can_be_made_is_kept_and_the_rest_bounces(sqlite_core: Hub) -> None:
    source: Source = make_source(sqlite_core, make_owner(sqlite_core)[0], ["a@example.com"])
    desk = Desk(sqlite_core)
    Keeper(sqlite_core, desk, Verdicts(sqlite_core)).keep(source, [_ready(1), _ready(2, fails=True), _ready(3)])
    assert sorted(row.id for row in Kept.select()) == [1, 3]
    assert {each.id: (each.kind, each.route) for each in desk.journal.pending} == {
        1: ("delivered", "sandbox"), 2: ("bounced", "sandbox"), 3: ("delivered", "sandbox")
    }  # fmt: skip
    desk.end()
