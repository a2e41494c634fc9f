"""A mail taken apart: odd ones too are shown as far as they can be."""

from mailhub.web import mail_view

PIXEL = "iVBORw0KGgo="
RELATED = (
    b"From: =?utf-8?q?Ren=C3=A9?= <rene@example.com>\r\nSubject: =?utf-8?b?w4l0w6k=?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
    b"Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\n"
    b'Content-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><img src="cid:logo@x"></body></html>\r\n'
    b"--r\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + PIXEL.encode()
    + b"\r\n--r--\r\n--m\r\nContent-Type: application/pdf\r\n"
    b"Content-Disposition: attachment; filename=bill.pdf\r\n\r\n%PDF\r\n--m--\r\n"
)


def test_parts_headers_and_attachments() -> None:
    mail = mail_view.read(RELATED)
    assert (mail.subject, mail.sender) == ("Été", "René <rene@example.com>")
    assert mail.attachments == [("bill.pdf", "application/pdf", 4)]
    assert ("Subject", "=?utf-8?b?w4l0w6k=?=") in mail.headers
    assert mail.text == ""


def test_its_own_pictures_are_put_in_place() -> None:
    assert f'<img src="data:image/png;base64,{PIXEL}">' in mail_view.read(RELATED).html


def test_links_open_elsewhere() -> None:
    assert '<head><base target="_blank">' in mail_view.for_frame(mail_view.read(RELATED))
    bare = mail_view.read(b"Content-Type: text/html\r\n\r\n<p>Hello")
    assert mail_view.for_frame(bare) == '<base target="_blank"><p>Hello'


def test_a_plain_mail_has_its_text() -> None:
    mail = mail_view.read(b"Subject: a\r\nX-Long: one\r\n two\r\n\r\nHello\r\n")
    assert (mail.text, mail.html, mail.attachments) == ("Hello\r\n", "", [])
    assert ("X-Long", "one two") in mail.headers


def test_an_unknown_charset_is_read_as_far_as_it_goes() -> None:
    assert mail_view.read(b"Content-Type: text/plain; charset=klingon\r\n\r\nnuq").text == "nuq"


def test_a_wrong_charset_and_nonsense_break_nothing() -> None:
    assert "\ufffd" in mail_view.read(b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xff").text
    mail_view.read(b"")
    mail_view.read(b"\x00\xff not a mail")
    mail_view.read(b"Content-Type: multipart/mixed\r\n\r\nno boundary")


def test_a_nul_in_a_header_hides_nothing() -> None:
    mail = mail_view.read(b'Subject: Hi\r\nContent-Type: text/plain; charset="ut\0f-8"\r\n\r\nWords\r\n')
    assert (mail.subject, mail.text.strip()) == ("Hi", "Words")
