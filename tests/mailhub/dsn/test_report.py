from email import message_from_bytes, policy

import pytest

from mailhub.dsn.report import HEADER_LENGTH, SUBJECTS, Fate, Report, decoded, header_of

FAILED = Fate("bob@example.net", "bounced", 550, "5.1.1", "No such user", 1_800_000_000_000)


def report(*fates: Fate, **changes: object) -> Report:
    """A notice about one mail."""
    columns: dict[str, object] = {
        "hostname": "mail.example.com", "sender": "MAILER-DAEMON@example.com", "recipient": "ada@acme.example",
        "language": "en", "subject": "Hello", "original": b"Subject: Hello\r\n\r\nbody\r\n", "whole": False,
        "envid": "", "arrived": 1_799_999_000_000, "at": 1_800_000_000_000, "number": 7, "fates": fates or (FAILED,),
    }  # fmt: skip
    return Report(**{**columns, **changes})  # type: ignore[arg-type]


def test_a_report_has_its_three_parts() -> None:
    mail = message_from_bytes(report().content(), policy=policy.default)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Message-ID"] == "<7.notice@example.com>"
    words, status, original = mail.iter_parts()
    assert "could not be delivered to bob@example.net: 550 5.1.1 No such user" in words.get_content()
    assert status.get_content_type() == "message/delivery-status"
    assert original.get_content_type() == "text/rfc822-headers"
    assert original.get_payload().strip() == "Subject: Hello"
    assert b"\n" not in report().content().replace(b"\r\n", b"")


@pytest.mark.parametrize("language", SUBJECTS)
def test_every_language_says_all(language: str) -> None:
    fates = [FAILED, Fate("c@d.ca", "delivered", 250, "2.0.0", "ok", 1), Fate("e@f.ca", "expired", 0, "", "", 1)]
    mail = message_from_bytes(report(*fates, language=language, subject="Été").content(), policy=policy.default)
    assert mail["Subject"] == SUBJECTS[language]["failed"]
    words = next(mail.iter_parts()).get_content()
    assert all(word in words for word in ("mail.example.com", "bob@example.net", "c@d.ca", "e@f.ca", "Été"))
    assert (
        message_from_bytes(report(fates[1], language=language).content(), policy=policy.default)["Subject"]
        == (SUBJECTS[language]["relayed"])
    )


@pytest.mark.parametrize(
    ("kind", "enhanced", "status"),
    [
        ("bounced", "5.7.26", "5.7.26"), ("bounced", "", "5.0.0"), ("bounced", "4.2.2", "5.0.0"),
        ("expired", "4.2.2", "4.2.2"), ("expired", "", "4.4.7"), ("refused", "", "5.7.1"),
        ("delivered", "2.1.5", "2.1.5"), ("delivered", "", "2.0.0"),
    ],
)  # fmt: skip
def test_the_status(kind: str, enhanced: str, status: str) -> None:
    assert Fate("a@b.ca", kind, 0, enhanced, "", 0).status == status


def test_an_address_beyond_ascii_and_evil_words_stay_in_their_lines() -> None:
    evil = Fate("zoë@b.ca", "bounced", 550, "5.0.0", "a\r\nAction: delivered é", 1, "utf-8;zo+C3@b.ca")
    octets = report(evil, subject="x\r\n.\r\ny").content()
    status = octets.partition(b"message/delivery-status")[2].partition(b"--=_mailhub")[0]
    assert b"Final-Recipient: utf-8; zo\\x{EB}@b.ca\r\n" in status
    assert status.count(b"Action:") == 1 + status.count(b"a Action: delivered ?")
    assert b"\r\nAction: failed\r\n" in status
    assert status.isascii()


def test_a_long_header_is_cut_at_a_line() -> None:
    long = b"X: " + b"y" * 70 + b"\r\n"
    header = header_of(long * 1000 + b"\r\nbody")
    assert HEADER_LENGTH - 100 < len(header) <= HEADER_LENGTH
    assert header.endswith(b"y\r\n")
    assert header_of(b"a" * (HEADER_LENGTH + 5)) == b"a" * HEADER_LENGTH + b"\r\n"


def test_a_whole_mail_with_eight_bits() -> None:
    octets = report(whole=True, original="Subject: x\r\n\r\né\r\n".encode()).content()
    assert b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: x" in octets


def test_xtext() -> None:
    assert decoded("a+2Bb+3D+0Ac+2b") == "a+b=\nc+2b"
