import pytest

from mailhub.hub import Hub
from mailhub.inbound.finding import MOST, find
from mailhub.parts import parts_of
from mailhub.tokens import MessageToken

OURS = MessageToken(3, 77)


def forms(hub: Hub) -> list[str]:
    tokens = hub.tokens
    return [
        f"https://links.acme.example/u/{tokens.message(*OURS)}",
        f"<https://links.acme.example/c/{tokens.message(*OURS)}/4>",
        f"https://links.acme.example/o/{tokens.message(*OURS)}.gif",
        f"unsubscribe+{tokens.message(*OURS)}@acme.example",
        f"unsubscribe+{tokens.leave(*OURS)}@acme.example",
        f"REPLY+{tokens.reply(*OURS).upper()}@acme.example",
        f"bounce+{tokens.return_path(*OURS)}@bounce.acme.example",
    ]


def test_every_token_that_leaves_with_a_mail_finds_it(sqlite_core: Hub) -> None:
    for each in forms(sqlite_core):
        assert find(sqlite_core, f"Subject: x\r\n\r\nSee {each} here.\r\n".encode(), links=True) == OURS, each
        assert find(sqlite_core, b"", (), [each], links=True) == OURS, each


def test_what_a_mail_shows_to_its_readers_counts_only_where_links_do(sqlite_core: Hub) -> None:
    *links, path = forms(sqlite_core)
    for each in links:
        assert find(sqlite_core, each.encode()) is None, each
    assert find(sqlite_core, " ".join([*links, path]).encode()) == OURS


def test_what_is_encoded_is_found_too(sqlite_core: Hub) -> None:
    link = forms(sqlite_core)[0]
    broken = f"{link[:40]}=\r\n{link[40:]}"
    mail = f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{broken}\r\n".encode()
    assert find(sqlite_core, mail, links=True) is None
    assert find(sqlite_core, mail, parts_of(mail), links=True) == OURS


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1] + "A", lambda text: text.swapcase(), lambda text: text + "A"]
)
def test_what_is_not_our_making_finds_nothing(sqlite_core: Hub, change) -> None:  # type: ignore[no-untyped-def]
    token = change(sqlite_core.tokens.message(*OURS))
    assert find(sqlite_core, f"/u/{token}".encode(), links=True) is None


def test_only_so_many_are_tried(sqlite_core: Hub) -> None:
    junk = ("/u/" + "A" * 28 + " ").encode()
    link = forms(sqlite_core)[0].encode()
    assert find(sqlite_core, junk * (MOST - 1) + link, links=True) == OURS
    assert find(sqlite_core, junk * MOST + link, links=True) is None
