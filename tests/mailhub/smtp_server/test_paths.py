import pytest

from mailhub.smtp_server.paths import PATH_LENGTH, read
from mailhub.smtp_server.replies import Refused


@pytest.mark.parametrize(
    ("text", "address", "parameters"),
    [
        ("FROM:<a@b.ca>", "a@b.ca", {}),
        ("from: <a@b.ca>", "a@b.ca", {}),
        ("FROM:<>", "", {}),
        ("FROM:<a@b.ca> SIZE=12 body=8BITMIME SMTPUTF8", "a@b.ca", {"SIZE": "12", "BODY": "8BITMIME", "SMTPUTF8": ""}),
        ('FROM:<"a b>c"@b.ca>', '"a b>c"@b.ca', {}),
        ("FROM:<@x.ca,@y.ca:a@b.ca>", "a@b.ca", {}),
        ("FROM:<prénom@b.ca>", "prénom@b.ca", {}),
    ],
)
def test_paths(text: str, address: str, parameters: dict[str, str]) -> None:
    assert read("FROM", text) == (address, parameters)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 501),
        ("a@b.ca", 501),
        ("FROM:a@b.ca", 501),
        ("FROM:<a@b.ca", 501),
        ("FROM:<a b@c.ca>", 501),
        ("FROM:<a@b.ca>SIZE=1", 501),
        ("TO:<a@b.ca>", 501),
        ("FROM:<a@b.ca> =1", 501),
        ("FROM:<a@b.ca> SIZE=", 501),
        (f"FROM:<{'a' * PATH_LENGTH}@b.ca>", 553),
    ],
)
def test_what_is_no_path(text: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        read("FROM", text)
    assert refused.value.code == code
