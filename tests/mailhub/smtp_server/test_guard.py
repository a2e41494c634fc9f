import pytest

from mailhub.config_sections import SmtpConfig
from mailhub.errors import UserError
from mailhub.smtp_bans import LOGIN, Standing
from mailhub.smtp_server import guard as guard_module
from mailhub.smtp_server.guard import LOGIN_FACTOR, MINUTE, WINDOW, Guard, plain

NOW = 1_800_000_000_000
STRANGER = "192.0.2.7"


def guard(**keys: object) -> Guard:
    """A guard with these keys of [smtp]."""
    return Guard(SmtpConfig(**keys))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), (STRANGER, False), ("::2", False), ("", False)],
)
def test_this_machine_is_trusted_by_default(address: str, expected: bool) -> None:
    assert guard().is_trusted(address) is expected
    assert not guard().is_proxy(address)


@pytest.mark.parametrize("key", ["trusted_networks", "proxy_networks"])
def test_what_is_no_network_is_one_sentence(key: str) -> None:
    with pytest.raises(UserError, match=rf"smtp\.{key} has something that is no network"):
        guard(**{key: ["10.0.0.0/99"]})


def test_an_address_has_so_many_connections_at_once() -> None:
    door = guard(connections_per_address=2)
    assert [door.enter(STRANGER, NOW) for _ in range(2)] == ["", ""]
    assert "close some" in door.enter(STRANGER, NOW)
    assert door.enter("192.0.2.8", NOW) == ""
    door.leave(STRANGER)
    assert "close some" in door.enter(STRANGER, NOW)
    door.leave(STRANGER)
    door.leave(STRANGER)
    assert door.enter(STRANGER, NOW) == ""


def test_an_address_opens_so_many_in_a_minute() -> None:
    door = guard(connections_per_minute=3)
    for _ in range(3):
        assert door.enter(STRANGER, NOW) == ""
        door.leave(STRANGER)
    assert "in this minute" in door.enter(STRANGER, NOW)
    assert door.enter(STRANGER, NOW + MINUTE) == ""


def test_who_is_trusted_has_no_limit_and_is_never_banned() -> None:
    door = guard(connections_per_address=1, connections_per_minute=1, ban_after=1)
    assert [door.enter("127.0.0.1", NOW) for _ in range(5)] == [""] * 5
    assert not door.offend("127.0.0.1", "early", NOW)
    assert not door.wrong_login("127.0.0.1", "acme", NOW)
    assert door.new == {}


def test_zero_is_any_number() -> None:
    door = guard(connections_per_address=0, connections_per_minute=0, ban_after=0)
    assert [door.enter(STRANGER, NOW) for _ in range(500)] == [""] * 500
    assert not any(door.offend(STRANGER, "early", NOW) for _ in range(500))


def test_so_many_offences_in_a_while_are_a_ban() -> None:
    door = guard(ban_after=3)
    assert [door.offend(STRANGER, "early", NOW) for _ in range(3)] == [False, False, True]
    assert door.new == {STRANGER: "early"}
    assert "banned" in door.enter(STRANGER, NOW)
    assert door.enter("192.0.2.8", NOW) == ""
    assert not door.is_banned(STRANGER, NOW + MINUTE), "until the table says for how long"


def test_old_offences_are_forgotten() -> None:
    door = guard(ban_after=2)
    assert not door.offend(STRANGER, "early", NOW)
    assert not door.offend(STRANGER, "early", NOW + WINDOW + 1)
    assert door.offend(STRANGER, "early", NOW + WINDOW + 2)


def test_a_network_of_ipv6_is_one_stranger() -> None:
    door = guard(ban_after=2)
    door.offend("2001:db8::1", "early", NOW)
    assert door.offend("2001:db8::ffff:2", "early", NOW)
    assert door.is_banned("2001:db8::3", NOW)
    assert not door.is_banned("2001:db8:0:1::3", NOW)


def test_a_login_that_many_guess_at_is_closed() -> None:
    door = guard(ban_after=2)
    for number in range(2 * LOGIN_FACTOR):
        assert not door.is_closed("acme-1", NOW)
        door.wrong_login(f"192.0.2.{number}", "acme-1", NOW)
    assert door.is_closed("acme-1", NOW)
    assert door.new == {LOGIN + "acme-1": "login"}


def test_a_login_a_person_banned_is_shut_until_the_ban_is_lifted() -> None:
    door, subject = guard(), LOGIN + "acme"
    door.take([Standing(subject, None)], NOW)
    assert not door.is_shut("acme", NOW)
    door.take([Standing(subject, NOW + 10, by_hand=True)], NOW)
    assert door.is_shut("acme", NOW)
    assert not door.is_shut("acme", NOW + 10)
    door.take([], NOW + 10)
    door.take([Standing(subject, None)], NOW + 10)
    assert door.is_closed("acme", NOW + 10)
    assert not door.is_shut("acme", NOW + 10)


def test_bans_of_the_table_are_taken_in_and_lifted() -> None:
    door = guard()
    subjects = (STRANGER, "198.51.100.0/24", "2001:db8::/64", "2001:db8:1::/48", "2001:db8:2::5", LOGIN + "acme")
    door.take([Standing(each, None) for each in subjects], NOW)
    for address in (STRANGER, "198.51.100.9", "2001:db8::9", "2001:db8:1:2::3", "2001:db8:2::5"):
        assert door.is_banned(address, NOW), address
    for address in ("192.0.2.8", "198.51.101.1", "2001:db8:0:1::1", "2001:db8:2::6", "", "no address"):
        assert not door.is_banned(address, NOW), address
    assert door.is_closed("acme", NOW)
    door.take([Standing(each, NOW) for each in subjects], NOW)
    assert (door.banned, door.ranges) == ({}, {})


def test_bans_end_by_themselves() -> None:
    door = guard()
    door.take([Standing(STRANGER, NOW + 5), Standing("198.51.100.0/24", NOW + 5)], NOW)
    assert door.is_banned(STRANGER, NOW + 4)
    assert not door.is_banned(STRANGER, NOW + 5)
    assert not door.is_banned("198.51.100.1", NOW + 5)


def test_memory_is_bounded_and_open_connections_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "KNOWN", 10)
    door = guard(connections_per_address=1)
    assert door.enter(STRANGER, NOW) == ""
    for number in range(1000):
        door.offend(f"198.51.{number // 200}.{number % 200}", "early", NOW)
    assert len(door.records) <= 10
    assert "close some" in door.enter(STRANGER, NOW)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("::1", "::1")],
)
def test_plain_addresses(address: str, expected: str) -> None:
    assert plain(address) == expected
