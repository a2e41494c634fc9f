"""The table of forms holds what it says."""

import pytest

from mailhub.bounces.forms import Said, forms, is_surely_autoreply, plain_subject


def test_phrases_begin_or_are_within() -> None:
    said = Said("out of | delayed")
    assert said.begin("out of office")
    assert not said.begin("i am out of it")
    assert said.within("it was delayed")


def test_the_table_is_read() -> None:
    assert forms().bounce_subjects.begin(plain_subject("Undelivered Mail Returned to Sender"))
    assert "mailer-daemon" in forms().daemon_locals


def test_a_subject_is_made_plain() -> None:
    assert plain_subject("  ***SPAM*** Failure   Notice ") == "failure notice"


@pytest.mark.parametrize("begin", forms().sure_autoreplies.starts)
def test_a_sure_beginning_counts_with_a_colon_or_alone_and_nowhere_else(begin: str) -> None:
    for subject in (f"{begin}: Spring", f"{begin} : Spring", f"{begin}\uff1aSpring", begin, f"[{begin}] Spring",
                    f"[External] {begin.title()}: Spring", f"【{begin}】Spring"):  # fmt: skip
        assert is_surely_autoreply(plain_subject(subject)), subject
    for subject in (f"Re: {begin}: Spring", f"{begin} qqq", f"About your {begin}: Spring", f"Spring ({begin})"):
        assert not is_surely_autoreply(plain_subject(subject)), subject
