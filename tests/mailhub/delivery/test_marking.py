"""Slots for links and a pixel: in HTML of any encoding, nowhere else; mail that was signed stays as it is."""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from mailhub.delivery.marking import fill, mark

HTML = (
    '<html><body><p>Élodie, <a class=x href="https://example.com/a?x=1&amp;y=2">one</a> '
    "<A HREF='http://example.com/b'>two</A> <a href=https://example.com/c>three</a> "
    '<a href="mailto:a@b.ca">mail</a> <a href="https://example.com/b2">four</a></p>'
    '<!-- <a href="https://example.com/no">no</a> --><style>a[href="https://x"] {}</style></body></html>'
)
LINKS = ["https://example.com/a?x=1&y=2", "http://example.com/b", "https://example.com/c", "https://example.com/b2"]
BASE, PIXEL = "https://news.example.com/c/token", "https://news.example.com/o/token.gif"


def mail(html: str = HTML, cte: str = "quoted-printable", charset: str = "utf-8") -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"] = "ada@example.com", "Your order"
    made.set_content("See https://example.com/a\n")
    made.add_alternative(html, subtype="html", cte=cte, charset=charset)
    return made


def html_of(content: bytes) -> str:
    part = message_from_bytes(content, policy=default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(("cte", "charset"), [("quoted-printable", "utf-8"), ("base64", "utf-8"), ("8bit", "latin-1")])
def test_links_and_pixel_in_every_encoding(cte: str, charset: str) -> None:
    made = mail(cte=cte, charset=charset).as_bytes()
    marked = mark(made, opens=True, clicks=True)
    assert marked.links == LINKS
    sent = fill(marked.mail.split(b"\0"), BASE, PIXEL)
    assert b"\0" not in sent
    html = html_of(sent)
    for number in range(4):
        assert f'href="{BASE}/{number}"' in html
    assert f'<img src="{PIXEL}"' in html
    assert html.index(PIXEL) < html.index("</body>")
    for kept in ("Élodie", "mailto:a@b.ca", '<!-- <a href="https://example.com/no">', 'a[href="https://x"]'):
        assert kept in html
    assert "https://example.com/a?" not in html
    assert all(len(line) <= 78 for line in sent.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    text = message_from_bytes(sent, policy=default).get_body(("plain",))
    assert text is not None
    assert text.get_content().split() == ["See", "https://example.com/a"]


def test_only_what_was_asked_for() -> None:
    made = mail().as_bytes()
    assert mark(made, opens=False, clicks=False).mail == made
    opens = mark(made, opens=True, clicks=False)
    assert opens.links == []
    assert "https://example.com/c" in html_of(fill(opens.mail.split(b"\0"), BASE, PIXEL))
    clicks = fill(mark(made, opens=False, clicks=True).mail.split(b"\0"), BASE, PIXEL)
    assert PIXEL not in html_of(clicks)


def test_one_address_has_one_number_and_recipients_differ() -> None:
    marked = mark(mail('<a href="https://a.b">1</a><a href="https://a.b">2</a>').as_bytes(), opens=False, clicks=True)
    assert marked.links == ["https://a.b"]
    parts = marked.mail.split(b"\0")
    first, second = fill(parts, "https://l/c/one", ""), fill(parts, "https://l/c/two", "")
    assert html_of(first).count("https://l/c/one/0") == 2
    assert "one" not in html_of(second)


def test_html_alone_and_html_beside_attachments() -> None:
    alone = EmailMessage(policy=SMTP)
    alone.set_content(HTML, subtype="html")
    assert mark(alone.as_bytes(), opens=True, clicks=True).links == LINKS
    attached = mail()
    attached.add_attachment(b"<a href='https://example.com/x'>x</a>", "text", "html", filename="page.html")
    marked = mark(attached.as_bytes(), opens=True, clicks=True)
    assert marked.links == LINKS, "an attached page is nobody's to change"
    sent = message_from_bytes(fill(marked.mail.split(b"\0"), BASE, PIXEL), policy=default)
    (page,) = [part for part in sent.walk() if part.get_filename() == "page.html"]
    assert "https://example.com/x" in page.get_content()


def _wrapped(kind: bytes, inner: bytes) -> bytes:
    return b"From: a@b.ca\r\nContent-Type: " + kind + b'; boundary="b"\r\n\r\n--b\r\n' + inner + b"\r\n--b--\r\n"


def test_signed_and_encrypted_mail_is_left_alone() -> None:
    inner = mail().as_bytes()
    for kind in (b"multipart/signed", b"multipart/encrypted"):
        assert mark(_wrapped(kind, inner), opens=True, clicks=True).mail == _wrapped(kind, inner)
    assert mark(_wrapped(b"multipart/mixed", inner), opens=True, clicks=True).links == LINKS


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b.ca\r\n\r\nplain https://example.com\r\n",
        b"From: a@b.ca\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n\r\n",
        b"From: a@b.ca\r\nContent-Type: text/html; charset=nonsense\r\n\r\n<a href='https://a.b'>x</a>\r\n",
        b"From: a@b.ca\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%=\r\n",
        b"From: a@b.ca\r\nContent-Type: text/html\r\n\r\n\xff\xfe\r\n",
        b"From: a@b.ca\r\nContent-Type: text/html\r\n\r\n<a href='https://a.b'>\0</a>\r\n",
        b"",
    ],
)
def test_what_cannot_be_understood_stays_as_it_came(content: bytes) -> None:
    if b"base64" in content:
        with pytest.raises(Exception, match=r"."):
            base64.b64decode(b"%%%=", validate=True)
    marked = mark(content, opens=True, clicks=True)
    assert marked.links == []
    if b"\0" not in content and b"base64" in content:
        assert b"https" not in marked.mail
    else:
        assert marked.mail == content


@pytest.mark.parametrize(
    "part", ["<a href='x", "<a '<a '", "<!--", "<style>", "</style", "<style '", '<a "', "<a href "]
)
def test_hostile_html_takes_no_long_time(part: str) -> None:
    """Read in one go: twice as much would otherwise take four times as long, and this minutes."""
    assert mark(mail(part * 100_000, cte="8bit").as_bytes(), opens=True, clicks=True).links == []


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ("<!-- <a href='https://a.b'>x</a>", []),
        ("<!--><a href='https://a.b'>x</a>", ["https://a.b"]),
        ("<!--[if !mso]><!--><a href='https://a.b'>x</a><!--<![endif]-->", ["https://a.b"]),
        ("<!-- <a href='https://a.b'> --!><a href='https://c.d'>x</a>", ["https://c.d"]),
        ("<style> <a href='https://a.b'>x</a>", []),
        ("<style> <style> </style x><a href='https://a.b'>x</a>", ["https://a.b"]),
        ("<title> </titles> <a href='https://a.b'>x</a></TITLE ><a href='https://c.d'>x</a>", ["https://c.d"]),
        ("<a title='<' href='https://a.b'>x</a>", ["https://a.b"]),
        ("<a href='https://a.b>x</a>", []),
    ],
)
def test_what_is_not_closed_lasts_as_long_as_in_a_browser(html: str, links: list[str]) -> None:
    assert mark(mail(html).as_bytes(), opens=True, clicks=True).links == links


def test_parts_inside_each_other_end_somewhere() -> None:
    nested = b"text/html\r\n\r\n<a href='https://a.b'>x</a>\r\n"
    for number in range(50):
        name = str(number).encode()
        nested = b"multipart/mixed; boundary=b" + name + b"\r\n\r\n--b" + name + b"\r\nContent-Type: " + nested
    assert mark(b"Content-Type: " + nested, opens=True, clicks=True).links == []
