"""Kept mail on its page: its own account's, with the verdict of its signatures, in a frame that can do no harm."""

from mailhub import domains, hookimpl
from mailhub.db import transaction
from mailhub.hub import Hub
from mailhub.permissions import Actor

from . import seed
from .conftest import Browser

MAIL = (
    b"From: Ada <ada@news.example.com>\r\nTo: ann@example.org\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head></head><body><script>alert(1)</script><p>Dear Ann</p></body></html>\r\n"
)


def _signed(hub: Hub) -> bytes:
    with transaction():
        domains.add(hub, 1, "news.example.com")
    signer = domains.signer_for(hub, 1, "news.example.com")
    assert signer
    return signer.sign_raw(MAIL) + MAIL


def test_mail_is_listed_and_found_by_a_part_of_the_recipient(owner: Browser, hub: Hub) -> None:
    assert "The sandbox is empty" in owner.get("/sandbox").text
    seed.kept(hub, MAIL)
    seed.kept(hub, MAIL, recipient="carl@example.org")
    assert "carl@example.org" in owner.get("/sandbox").text
    found = owner.get("/sandbox?recipient=ANN@").text
    assert "ann@example.org" in found
    assert "carl@example.org" not in found
    assert "No mail fits" in owner.get("/sandbox?recipient=zoe").text


def test_a_mail_that_is_looked_at_is_counted_and_the_page_says_so(owner: Browser, hub: Hub) -> None:
    number = seed.kept(hub, MAIL)
    assert "To open a mail here counts as an open" in owner.get(f"/sandbox/{number}").text
    assert "counts as an open" not in owner.get(f"/sandbox/{number}?part=source").text


def test_both_signatures_hold(owner: Browser, hub: Hub) -> None:
    text = owner.get(f"/sandbox/{seed.kept(hub, _signed(hub))}").text
    assert text.count(">passed<") == 2
    assert "rsa-sha256" in text
    assert "ed25519-sha256" in text


def test_a_changed_mail_fails(owner: Browser, hub: Hub) -> None:
    text = owner.get(f"/sandbox/{seed.kept(hub, _signed(hub).replace(b'Dear', b'Poor'))}").text
    assert text.count(">failed<") == 2
    assert "changed after it was signed" in text
    assert ">passed<" not in text


def test_a_signature_of_others_cannot_be_judged(owner: Browser, hub: Hub) -> None:
    octets = _signed(hub)
    domains.Domain.update(name="other.example.com").execute()
    assert "has no such key" in owner.get(f"/sandbox/{seed.kept(hub, octets)}").text


def test_a_mail_without_signature_says_what_to_do(owner: Browser, hub: Hub) -> None:
    assert "not signed" in owner.get(f"/sandbox/{seed.kept(hub, MAIL)}").text


def test_every_part(owner: Browser, hub: Hub) -> None:
    number = seed.kept(hub, MAIL)
    assert f'src="/sandbox/{number}/preview"' in owner.get(f"/sandbox/{number}").text
    assert "no text part" in owner.get(f"/sandbox/{number}?part=text").text
    assert "ada@news.example.com" in owner.get(f"/sandbox/{number}?part=headers").text
    source = owner.get(f"/sandbox/{number}?part=source").text
    assert "&lt;script&gt;alert(1)" in source
    assert "<script>alert(1)" not in source
    whole = owner.client.get(f"/sandbox/{number}/mail.eml")
    assert whole.data == MAIL
    assert whole.headers["Content-Disposition"].startswith("attachment")


def test_a_plain_mail_opens_as_text(owner: Browser, hub: Hub) -> None:
    number = seed.kept(hub, b"Subject: a\r\n\r\nDear Ann")
    assert "Dear Ann" in owner.get(f"/sandbox/{number}").text


def test_a_long_source_is_cut_with_a_word(owner: Browser, hub: Hub) -> None:
    text = owner.get(f"/sandbox/{seed.kept(hub, MAIL + b'x' * 300_000)}?part=source").text
    assert "This is its beginning" in text
    assert len(text) < 280_000


def test_the_frame_has_a_policy_of_its_own(owner: Browser, hub: Hub) -> None:
    answer = owner.get(f"/sandbox/{seed.kept(hub, MAIL)}/preview")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-same-origin" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in answer.text


def test_another_accounts_mail_is_not_there(stranger: Browser, hub: Hub) -> None:
    number = seed.kept(hub, MAIL)
    assert "ann@example.org" not in stranger.get("/sandbox").text
    for path in ("", "/preview", "/mail.eml"):
        assert stranger.get(f"/sandbox/{number}{path}").status_code == 404


def test_system_mail_is_the_operators_alone(owner: Browser, stranger: Browser, hub: Hub) -> None:
    number = seed.kept(hub, MAIL, account=2, system=True)
    own = seed.kept(hub, MAIL, account=1, system=True)
    assert stranger.get(f"/sandbox/{number}").status_code == 404
    assert owner.get(f"/sandbox/{own}").status_code == 200


def test_plugins_show_what_they_kept_on_the_first_page(hub: Hub, owner: Browser) -> None:
    class Pigeons:
        @hookimpl
        def sandbox_panels(self, hub: Hub, actor: Actor) -> list[tuple[int, str]]:
            return [(2, f"<p>second {actor.account_id}</p>"), (1, "<p>first</p>")]

    hub.manager.register(Pigeons(), "pigeons")
    page = owner.get("/sandbox").text
    assert "<p>first</p><p>second 1</p>" in page
    assert "<p>first</p>" not in owner.get("/sandbox?recipient=ada").text
