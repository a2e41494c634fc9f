import pytest

from mailhub.inbound import room
from mailhub.inbound.room import Room


def entered(inside: Room, mails: list[tuple[str, str, int]]) -> list[bool]:
    return [inside.enter(number, *mail) for number, mail in enumerate(mails)]


def test_there_is_room_for_so_many_mails() -> None:
    inside = Room()
    mails = [(f"192.0.2.{number}", f"{number}.example", 1) for number in range(room.MOST + 1)]
    assert entered(inside, mails) == [True] * room.MOST + [False]
    inside.leave(0)
    assert inside.enter(room.MOST, "192.0.2.200", "late.example", 1)


@pytest.mark.parametrize("peers", [["192.0.2.1"], ["2001:db8::1", "2001:db8::2"]])
def test_a_peer_or_its_network_has_a_share(peers: list[str]) -> None:
    inside = Room()
    mails = [(peers[number % len(peers)], "", 1) for number in range(room.MOST_OF_PEER + 1)]
    assert entered(inside, mails) == [True] * room.MOST_OF_PEER + [False]
    assert inside.is_tight(peers[0])
    assert not inside.is_tight("192.0.2.9")
    assert inside.enter(99, "192.0.2.9", "", 1)
    for number in range(room.MOST_OF_PEER):
        inside.leave(number)
    assert not inside.is_tight(peers[0])
    assert inside.enter(100, peers[0], "", 1)


def test_a_domain_has_a_share() -> None:
    inside = Room()
    mails = [(f"192.0.2.{number}", "acme.example", 1) for number in range(room.MOST_OF_DOMAIN + 1)]
    assert entered(inside, mails) == [True] * room.MOST_OF_DOMAIN + [False]
    assert inside.enter(99, "192.0.2.99", "other.example", 1)


def test_only_so_many_octets_are_held_but_one_mail_may_be_larger() -> None:
    inside = Room()
    assert entered(inside, [("mx", "", room.OCTETS + 1), ("mx", "", 1)]) == [True, False]
    inside.leave(0)
    assert inside.enter(1, "mx", "", 1)
