import smtplib
import socket
import ssl
import time
from contextlib import suppress

import pytest

from mailhub.sink import Rule, Sink

CONTENT = b"Message-ID: <1@x.example>\r\nSubject: x\r\n\r\n.hello\r\n..\r\n.\r\n"


def _talk(sink: Sink, octets: bytes, until: bytes) -> bytes:
    """Say this at once and read until these octets come."""
    with socket.create_connection(("127.0.0.1", sink.port), timeout=20) as visit:
        visit.sendall(octets)
        heard = b""
        while until not in heard and (more := visit.recv(65536)):
            heard += more
        return heard


def _codes(heard: bytes) -> list[int]:
    return [int(line[:3]) for line in heard.split(b"\r\n") if line and line[3:4] != b"-"]


def _smtplib(sink: Sink, recipient: str = "a@y.example", content: bytes = CONTENT) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
        smtp.sendmail("s@x.example", [recipient], content)


def test_a_message_is_kept_as_it_was_sent() -> None:
    with Sink() as sink:
        _smtplib(sink)
        before = time.time()
        _smtplib(sink, "b@y.example")
        received = sink.wait_for(2)
    assert [(one.envelope_from, one.recipient, one.connection) for one in received] == [
        ("s@x.example", "a@y.example", 1),
        ("s@x.example", "b@y.example", 2),
    ]
    assert received[1].content == CONTENT
    assert before <= received[1].at <= time.time()


@pytest.mark.parametrize("size", [1, 4, 7, 300])
def test_a_message_cut_anywhere_is_put_together(size: int) -> None:
    stuffed = CONTENT.replace(b"\r\n.", b"\r\n..")
    said = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n", stuffed + b".\r\nQUIT\r\n"
    with Sink() as sink, socket.create_connection(("127.0.0.1", sink.port), timeout=20) as visit:
        visit.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octets, answer in zip(said, (b"354", b"221"), strict=True):
            for start in range(0, len(octets), size):
                visit.sendall(octets[start : start + size])
                time.sleep(0.0005)
            heard = b""
            while answer not in heard:
                heard += visit.recv(4096)
        assert [one.content for one in sink.received] == [CONTENT]


def test_an_empty_message_ends_with_its_first_line() -> None:
    with Sink() as sink:
        _talk(sink, b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n.\r\n", b"250 2.0.0")
        assert [one.content for one in sink.wait_for(1)] == [b""]


def test_a_dot_between_bare_line_feeds_ends_nothing() -> None:
    smuggling = b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\nx\n.\r\nMAIL FROM:<>\r\n\r\n.\r\n"
    with Sink() as sink:
        _talk(sink, smuggling, b"250 2.0.0")
        assert [one.content for one in sink.wait_for(1)] == [b"x\n.\r\nMAIL FROM:<>\r\n\r\n"]


def test_commands_in_a_group_are_answered_in_order() -> None:
    group = b"EHLO x\r\nMAIL FROM:<s@x.example>\r\nRCPT TO:<hard@y.example>\r\nDATA\r\nRSET\r\nMAIL FROM:<>\r\n"
    group += b"RCPT TO:<a@y.example>\r\nDATA\r\n"
    with Sink() as sink:
        assert _codes(_talk(sink, group, b"354")) == [220, 250, 250, 550, 503, 250, 250, 250, 354]


@pytest.mark.parametrize(
    ("recipient", "code"), [("a-hard@y.example", 550), ("SOFT.b@y.example", 451), ("c@hard.example", 250)]
)
def test_the_local_part_tells_the_answer(recipient: str, code: int) -> None:
    with Sink() as sink:
        heard = _talk(sink, f"MAIL FROM:<>\r\nRCPT TO:<{recipient}>\r\nNOOP\r\n".encode(), b"Nothing done")
    assert _codes(heard) == [220, 250, code, 250]


def test_drop_takes_the_message_and_closes_without_an_answer() -> None:
    with Sink() as sink:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _smtplib(sink, "drop@y.example")
        assert [one.recipient for one in sink.wait_for(1)] == ["drop@y.example"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_wait_answers_later_and_then_goes_on(stage: str) -> None:
    with Sink(behaviours=[f"slow={stage}:wait 0.3"]) as sink:
        started = time.monotonic()
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
            smtp.sendmail("slow@x.example", ["slow@y.example"], CONTENT)
            assert time.monotonic() - started >= 0.29  # a loop's clock is a little ahead at times
            smtp.sendmail("s@x.example", ["b@y.example"], CONTENT)
        assert [one.recipient for one in sink.received] == ["slow@y.example", "b@y.example"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_scripted_refusal_keeps_the_message_out(stage: str) -> None:
    with Sink(behaviours=[f"odd={stage}:471 4.7.1 not now"]) as sink:
        with pytest.raises(smtplib.SMTPException, match="471"):
            _smtplib_from(sink, "odd@x.example", "odd@y.example")
        _smtplib(sink)
        assert [one.recipient for one in sink.received] == ["a@y.example"]


def _smtplib_from(sink: Sink, sender: str, recipient: str) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
        smtp.sendmail(sender, [recipient], CONTENT)


def test_421_closes_the_connection() -> None:
    with Sink(behaviours=["busy=rcpt:421 4.7.0 slow down"]) as sink:
        heard = _talk(sink, b"MAIL FROM:<>\r\nRCPT TO:<busy@y.example>\r\nNOOP\r\n", b"never said")
    assert _codes(heard) == [220, 250, 421]


def test_so_many_messages_and_no_more_on_one_connection() -> None:
    one = b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n"
    with Sink(max_per_connection=1) as sink:
        heard = _talk(sink, one + b"x\r\n.\r\n" + one, b"never said")
        assert sink.count == 1
    assert _codes(heard) == [220, 250, 250, 354, 250, 421]


def test_latency_holds_each_group_of_answers_back() -> None:
    with Sink(latency=0.6) as sink:
        started = time.monotonic()
        _talk(sink, b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n", b"354")
        assert 0.59 <= time.monotonic() - started < 1.75, "each answer for itself takes 1.8 seconds"


@pytest.mark.parametrize(
    ("pipelining", "said", "violations"),
    [
        (True, b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n", 0),
        (True, b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\nhasty\r\n", 1),
        (False, b"MAIL FROM:<>\r\nRCPT TO:<a@y.example>\r\nDATA\r\n", 2),
    ],
)
def test_what_was_said_too_early_is_counted(pipelining: bool, said: bytes, violations: int) -> None:
    with Sink(pipelining=pipelining) as sink:
        assert (b"PIPELINING" in _talk(sink, b"EHLO x\r\n", b"250 ")) is pipelining
        _talk(sink, said, b"354")
        assert sink.violations == violations


def test_a_command_behind_the_dot_is_too_early_without_pipelining() -> None:
    with Sink(pipelining=False) as sink, smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
        smtp.mail("s@x.example")
        smtp.rcpt("a@y.example")
        smtp.docmd("DATA")
        smtp.send(b"x\r\n.\r\nMAIL FROM:<>\r\n")
        assert [smtp.getreply()[0], smtp.getreply()[0]] == [250, 250]
        assert sink.violations == 1


def test_starttls_and_both_logins() -> None:
    with Sink(tls="starttls", login=("user", "secret")) as sink:
        trusted = ssl.create_default_context(cadata=sink.certificate.decode())
        for method in ("auth_plain", "auth_login"):
            with smtplib.SMTP("localhost", sink.port, timeout=20) as smtp:
                smtp.starttls(context=trusted)
                smtp.ehlo()
                smtp.user, smtp.password = "user", "secret"
                smtp.auth(method[5:].upper(), getattr(smtp, method))
                smtp.sendmail("s@x.example", ["a@y.example"], CONTENT)
        assert sink.count == 2


def test_a_wrong_login_is_refused_and_without_one_no_mail_is_taken() -> None:
    with Sink(login=("user", "secret")) as sink, smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("user", "wrong")
        assert smtp.mail("s@x.example")[0] == 530


def test_implicit_tls() -> None:
    with Sink(tls="implicit") as sink:
        trusted = ssl.create_default_context(cadata=sink.certificate.decode())
        with smtplib.SMTP_SSL("localhost", sink.port, timeout=20, context=trusted) as smtp:
            smtp.sendmail("s@x.example", ["a@y.example"], CONTENT)
        assert sink.count == 1


def test_what_never_comes_is_not_waited_for_in_vain() -> None:
    with Sink() as sink, pytest.raises(TimeoutError, match="0 of 1"):
        sink.wait_for(1, timeout=0.05)


@pytest.mark.parametrize("text", ["hard", "hard=550 no", "hard=greeting:550 no", "=rcpt:550 no", "x=dot:wait long"])
def test_a_behaviour_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a behaviour"):
        Rule.parse(text)


def test_stop_closes_the_port_and_open_connections() -> None:
    sink = Sink().start()
    with socket.create_connection(("127.0.0.1", sink.port), timeout=20) as visit:
        assert visit.recv(100).startswith(b"220")
        sink.stop()
        with suppress(ConnectionResetError):
            assert visit.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sink.port), timeout=20)
