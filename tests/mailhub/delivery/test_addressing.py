"""Addresses one can connect to, and those that are this machine's."""

import socket

import pytest

from mailhub.delivery.addressing import fits, is_here, is_public, sendable, source_of


def _six() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_where_a_connection_would_leave_from() -> None:
    assert source_of("127.0.0.1") == "127.0.0.1"
    assert source_of("::1") == ("::1" if _six() else "")
    assert source_of("fe80::1") == "", "an address of one link, and nobody says which link"


def test_the_world_is_not_reached_from_a_private_ipv6_address() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("2606:4700:4700::1111", 25))
        except OSError:
            assert source_of("2606:4700:4700::1111") == ""
            return
        source = probe.getsockname()[0]
    assert source_of("2606:4700:4700::1111") == ("" if source.startswith(("fc", "fd", "fe80")) else source)


def test_what_is_here() -> None:
    assert is_here("127.0.0.1")
    assert is_here("127.9.9.9")
    assert is_here("::1")
    assert not is_here("203.0.113.253")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
        assert is_here(probe.getsockname()[0])


@pytest.mark.parametrize(
    "nobody", ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:127.0.0.1", "nonsense", ""]
)
def test_addresses_nobody_has(nobody: str) -> None:
    assert sendable([nobody, "192.0.2.1"]) == ("192.0.2.1",)


def test_ipv4_first_each_family_in_any_order() -> None:
    given = ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]
    seen = {sendable(given) for _ in range(100)}
    assert len(seen) == 4
    assert all([":" in address for address in each] == [False, False, True, True] for each in seen)


@pytest.mark.parametrize(
    ("address", "source", "fitting"),
    [
        ("192.0.2.1", "10.0.0.1", True),
        ("192.0.2.1", "2001:db8::9", False),
        ("2001:db8::1", "2001:db8::9", True),
        ("2001:db8::1", "10.0.0.1", False),
        ("127.0.0.1", "", True),
        ("fe80::1", "", False),
    ],
)
def test_the_family_must_be_the_same(address: str, source: str, fitting: bool) -> None:
    assert fits(address, source) is fitting


@pytest.mark.parametrize(
    "private",
    ["10.255.255.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1",
     "fe80::1", "64:ff9b::a00:1", "2002:a00:1::1"],
)  # fmt: skip
def test_private_addresses(private: str) -> None:
    assert not is_public(private)


@pytest.mark.parametrize("public", ["9.9.9.9", "2620:fe::9", "64:ff9b::909:909", "2002:909:909::1"])
def test_public_addresses(public: str) -> None:
    assert is_public(public)
