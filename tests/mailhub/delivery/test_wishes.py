import pytest

from mailhub import db
from mailhub.delivery.smtp_words import Dsn
from mailhub.delivery.wishes import wishes
from mailhub.hub import Hub
from mailhub.messages import Envelope


@pytest.mark.parametrize("notify", ["", "NEVER", "SUCCESS", "SUCCESS,DELAY,FAILURE"])
def test_wishes_are_passed_on_as_they_came(core: Hub, notify: str) -> None:
    with db.transaction():
        Envelope.create(message_id=2**40, ret="HDRS", envid="x", notify=notify, orcpt="rfc822;a@b.ca")
    assert wishes([2**40, 2**40 + 1]) == {2**40: Dsn("HDRS", "x", notify, "rfc822;a@b.ca")}
