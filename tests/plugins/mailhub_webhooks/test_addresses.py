"""Only public addresses are connected to, whatever name or wrapping they come in."""

import pytest

from mailhub.errors import Invalid
from mailhub_webhooks.addresses import Target, Unreachable, is_public, parse, resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "198.18.0.1", "192.0.2.1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_an_address_in_parts() -> None:
    assert parse("https://example.com", False) == Target("https", "example.com", 443, "/")
    assert parse("https://example.com:8443/a/b?c=d", False) == Target("https", "example.com", 8443, "/a/b?c=d")
    assert parse("http://[::1]:8000/x", True) == Target("http", "::1", 8000, "/x")


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "http://example.com", "ftp://example.com", "file:///etc/passwd", "https://", "https://a:b@example.com/",
        "https://example.com/#a", "https://example.com:port/", "https://example.com/\r\nX: y", "https://exa mple.com/",
        "https://example.com/" + "x" * 2000, "https://[::1", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_address_for_webhooks(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(url, False)
    assert "url" in refused.value.fields


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0x7f.1", "2130706433", "[::1]", "127.1"])
def test_a_name_of_this_machine_is_refused(host: str) -> None:
    target = parse(f"https://{host}/", False)
    with pytest.raises(Unreachable):
        resolve(target, False)


def test_where_it_is_allowed_this_machine_is_found() -> None:
    assert "127.0.0.1" in resolve(Target("http", "localhost", 80, "/"), True)


def test_a_name_nobody_has_is_said() -> None:
    with pytest.raises(Unreachable, match="has no address"):
        resolve(Target("https", "nobody.invalid", 443, "/"), True)
