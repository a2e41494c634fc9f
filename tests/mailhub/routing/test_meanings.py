"""Each end of a conversation has its own plain sentence."""

import pytest

from mailhub.delivery import mx
from mailhub.delivery.smtp_client import ConnectFailed, Outcome
from mailhub.routing import meanings


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome("delivered", 250, "", ""), "took the mail (250)"),
        (Outcome("deferred", 0, "", "", in_doubt=True, stage="dot"), "may have arrived or not"),
        (Outcome("deferred", 450, "", "", stage="rcpt"), "greylisting"),
        (Outcome("deferred", 421, "", ""), "come back later"),
        (Outcome("bounced", 550, "", "", stage="mail"), "refuses the sender"),
        (Outcome("bounced", 550, "", "", stage="rcpt"), "refuses the recipient"),
        (Outcome("bounced", 550, "", "", stage="dot"), "refuses the mail"),
    ],
)
def test_what_became_of_a_mail(outcome: Outcome, sentence: str) -> None:
    assert sentence in meanings.of_outcome(outcome, "mx.example")


def _unreachable(cause: OSError, port: int) -> str:
    failure = ConnectFailed("connect", "no")
    failure.__cause__ = cause
    return meanings.of_failure(failure, "mx.example", port)


def test_why_a_host_is_not_reached() -> None:
    assert "Nothing listens" in _unreachable(ConnectionRefusedError(), 25)
    assert "does not exist in DNS" in _unreachable(OSError("Name or service not known"), 25)
    assert "hosting providers block it" in _unreachable(OSError("No route to host"), 25)
    assert "a firewall on the way" in _unreachable(OSError("No route to host"), 587)


def test_a_login_that_was_not_tried_is_not_called_wrong() -> None:
    assert "was not tried" in meanings.of_failure(ConnectFailed("login", "no AUTH offered"), "mx.example", 587)
    assert "did not take" in meanings.of_failure(ConnectFailed("login", "535 no", 535), "mx.example", 587)
    assert "said nothing" in meanings.of_failure(ConnectFailed("timeout", "quiet"), "mx.example", 587)


def test_who_could_read_along() -> None:
    assert meanings.of_encryption("", "none") != meanings.of_encryption("", "opportunistic")
    assert "TLSv1.3, and the certificate proves" in meanings.of_encryption("TLSv1.3 verified", "required")
    assert "TLSv1.2; nothing proves" in meanings.of_encryption("TLSv1.2", "opportunistic")


def test_a_policy_that_forbids_is_told_in_its_own_words() -> None:
    assert "MTA-STS" in meanings.of_domain(mx.NOT_ALLOWED, "there.example")
