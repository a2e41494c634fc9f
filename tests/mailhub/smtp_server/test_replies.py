import errno

import peewee
import pytest

from mailhub.errors import Conflict, Forbidden, Invalid, NotFound, UserError
from mailhub.smtp_server.replies import Refused, refusal, reply, trouble


def test_a_reply_is_one_line() -> None:
    assert reply(250, "2.0.0", "Done.") == "250 2.0.0 Done."
    assert reply(354, "", "Go on.") == "354 Go on."


def test_a_long_sentence_becomes_lines_below_the_limit() -> None:
    lines = reply(550, "5.7.1", "a long word " * 100).split("\r\n")
    assert len(lines) > 2
    assert all(len(line) <= 510 for line in lines)
    assert [line[:10] for line in lines] == ["550-5.7.1 "] * (len(lines) - 1) + ["550 5.7.1 "]


def test_nothing_in_a_sentence_begins_another_reply() -> None:
    assert reply(550, "5.7.1", "bad\r\n250 2.0.0 fine\0") == "550 5.7.1 bad 250 2.0.0 fine"


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (Forbidden("Why {x}.", x=1), "550 5.7.1 Why 1."),
        (NotFound("Where."), "550 5.1.1 Where."),
        (Invalid("What."), "554 5.6.0 What."),
        (Conflict("When."), "554 5.0.0 When."),
        (UserError("Who."), "554 5.0.0 Who."),
    ],
)
def test_what_a_person_can_mend_is_permanent(error: UserError, start: str) -> None:
    assert str(refusal(error)) == start


def test_our_own_trouble_is_temporary() -> None:
    assert str(trouble(ValueError("a bug"))).startswith("451 4.3.0 Something went wrong here")


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (OSError(errno.ENOSPC, "full"), "452 4.3.1 The disk of this server is full"),
        (
            peewee.OperationalError("attempt to write a readonly database"),
            "451 4.3.0 The database can only be read now",
        ),
    ],
)
def test_an_outage_is_temporary_and_says_what_it_is(error: Exception, start: str) -> None:
    assert str(trouble(error)).startswith(start)


def test_which_refusals_are_bad_commands() -> None:
    assert [code for code in (421, 451, 500, 503, 530, 535, 550, 552, 554) if Refused(code, "", "").bad_command] == [
        500, 503, 530, 535,
    ]  # fmt: skip
