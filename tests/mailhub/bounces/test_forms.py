"""The table of forms holds what it says."""

from mailhub.bounces.forms import Said, forms, plain_subject


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
