"""The parameters of RFC 3461: what is taken, and what is refused."""

import pytest

from mailhub.messages import Asked
from mailhub.smtp_server.asked import of_mail, of_recipient
from mailhub.smtp_server.replies import Refused


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Asked()),
        ({"RET": "hdrs"}, Asked("HDRS")),
        ({"RET": "FULL", "ENVID": "QQ+2B314"}, Asked("FULL", "QQ+2B314")),
        ({"ENVID": "x" * 100}, Asked("", "x" * 100)),
    ],
)
def test_what_a_mail_may_ask(given: dict[str, str], expected: Asked) -> None:
    assert of_mail(given) == expected


@pytest.mark.parametrize(
    "given",
    [{"RET": "ALL"}, {"RET": ""}, {"ENVID": ""}, {"ENVID": "x" * 101}, {"ENVID": "a+b"}, {"ENVID": "é"},
     {"ENVID": "a+2b"}, {"ENVID": "a b"}],
)  # fmt: skip
def test_what_a_mail_may_not_ask(given: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        of_mail(given)
    assert (refused.value.code, refused.value.enhanced) == (501, "5.5.4")


@pytest.mark.parametrize(
    ("given", "notify", "orcpt"),
    [
        ({"NOTIFY": "NEVER"}, "NEVER", ""),
        ({"NOTIFY": "success,Failure,delay"}, "SUCCESS,FAILURE,DELAY", ""),
        ({"NOTIFY": "FAILURE", "ORCPT": "rfc822;Bob+2Bx@example.net"}, "FAILURE", "rfc822;Bob+2Bx@example.net"),
        ({"ORCPT": "utf-8;zoë@example.net"}, "", "utf-8;zoë@example.net"),
    ],
)
def test_what_a_recipient_may_have(given: dict[str, str], notify: str, orcpt: str) -> None:
    assert of_recipient(given, Asked("FULL", "7")) == Asked("FULL", "7", notify, orcpt)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"NOTIFY": ""}, 501), ({"NOTIFY": "NEVER,FAILURE"}, 501), ({"NOTIFY": "FAILURE,FAILURE"}, 501),
        ({"NOTIFY": "FAILURE,"}, 501), ({"NOTIFY": "ALWAYS"}, 501), ({"ORCPT": "a@b.ca"}, 501), ({"ORCPT": ""}, 501),
        ({"ORCPT": "rfc822;"}, 501), ({"ORCPT": "rfc822;a+b@c.ca"}, 501), ({"ORCPT": "rfc 822;a@b.ca"}, 501),
        ({"ORCPT": "rfc822;" + "x" * 500}, 501), ({"ORCPT": "rfc822;zoë@b.ca"}, 501), ({"SIZE": "7"}, 555),
    ],
)  # fmt: skip
def test_what_a_recipient_may_not_have(given: dict[str, str], code: int) -> None:
    with pytest.raises(Refused) as refused:
        of_recipient(given, Asked())
    assert refused.value.code == code
