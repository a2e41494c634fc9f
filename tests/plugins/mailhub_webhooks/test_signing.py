"""Signatures are those of the Standard Webhooks specification: its own example, and nothing else fits."""

from base64 import b64decode

from mailhub_webhooks.signing import headers, make_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_the_specifications_example() -> None:
    signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_part_is_signed() -> None:
    signature = sign(SECRET, "evt_1", 1, BODY)
    others = {sign(make_secret(), "evt_1", 1, BODY), sign(SECRET, "evt_2", 1, BODY), sign(SECRET, "evt_1", 2, BODY)}
    assert signature not in others | {sign(SECRET, "evt_1", 1, BODY + b" ")}
    assert headers(SECRET, "evt_1", 1, BODY)["webhook-signature"] == signature


def test_secrets_are_long_and_never_alike() -> None:
    secrets = {make_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(b64decode(each.removeprefix("whsec_"))) == 24 for each in secrets)
