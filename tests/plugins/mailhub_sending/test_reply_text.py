"""What people write in replies, in the shapes of real mail programs, English and French."""

import time

import pytest

from mailhub.parts import parts_of
from mailhub_sending.reply_text import KEYWORDS, OPENING, asks_to_leave, opening, own_text, plain, text_of

GMAIL = "{}\n\nOn Tue, Nov 3, 2026 at 9:01 AM Bookshop <reply+0a1b@in.example.net>\nwrote:\n\n> stop reading\n> alone\n"
GMAIL_FR = "{}\n\nLe mar. 3 nov. 2026 à 09:01, Librairie <news@example.com> a écrit\u00a0:\n\n> stop ou encore ?\n"
APPLE = "{}\n\nSent from my iPhone\n\n> On 3 Nov 2026, at 09:01, Bookshop <news@example.com> wrote:\n> \n> stop\n"
APPLE_FR = "{}\n\nEnvoyé de mon iPhone\n\n> Le 3 nov. 2026 à 09:01, Librairie <news@example.com> a écrit :\n>\n> stop\n"
OUTLOOK = (
    "{}\n\nFrom: Bookshop <news@example.com>\nSent: Tuesday, November 3, 2026 9:01 AM\nTo: Zoë\nSubject: News\n\n"
    "unsubscribe\n"
)
OUTLOOK_FR = (
    "{}\n\nDe : Librairie <news@example.com>\nEnvoyé : mardi 3 novembre 2026 09:01\nÀ : Zoë Martin\n"
    "Objet : Les nouveautés\n\nSe désinscrire\n"
)
OLD = "{}\n\n-----Original Message-----\nFrom: Bookshop\nunsubscribe\n"
OLD_FR = "{}\n\n-----Message d'origine-----\nDe : Librairie\ndésabonner\n"
ANDROID = "{}\n\nTélécharger Outlook pour Android\n________________________________\nDe : Librairie\nstop\n"
THUNDERBIRD_FR = "{}\n\n-- \nZoë Martin\n12 rue des Lilas\n\nLe 03/11/2026 à 09:01, Librairie a écrit :\n> stop\n"
GERMAN = "{}\n\nAm Di., 3. Nov. 2026 um 09:01 Uhr schrieb Bookshop <news@example.com>:\n\n> stop\n"
BELOW = "Le 03/11/2026 à 09:01, Librairie a écrit :\n> venez jeudi\n\n{}\n"
SHAPES = (
    GMAIL, GMAIL_FR, APPLE, APPLE_FR, OUTLOOK, OUTLOOK_FR, OLD, OLD_FR, ANDROID, THUNDERBIRD_FR, GERMAN, BELOW, "{}",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_only_what_the_author_wrote_is_theirs(shape: str) -> None:
    assert own_text(shape.format("Merci, je viens jeudi.\n\nÀ bientôt")) == "Merci, je viens jeudi.\n\nÀ bientôt"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "words",
    ["STOP", "Stop.", "« Stop »", "unsubscribe", "Please unsubscribe", "REMOVE", "Désabonner", "desinscrire",
     "DÉSINSCRIPTION !", "Arrêt", "Bonjour,\n\nstop svp\n\nZoë", "Hello,\nSTOP, thank you", "désabonnez-moi"],
)  # fmt: skip
def test_a_keyword_alone_asks_to_leave(shape: str, words: str) -> None:
    assert asks_to_leave(own_text(shape.format(words)), "Re: Hello", "Hello", KEYWORDS)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "words",
    ["Please don't stop", "Ne me désabonnez surtout pas", "How do I unsubscribe my mother?", "Non-stop", "Thanks", "",
     "Merci\n\nSTOP", "Stop by on Thursday?", "L'arrêt de bus est où ?"],
)  # fmt: skip
def test_a_sentence_with_the_word_does_not(shape: str, words: str) -> None:
    assert not asks_to_leave(own_text(shape.format(words)), "Re: Hello", "Hello", KEYWORDS)


@pytest.mark.parametrize(
    ("subject", "original", "asks"),
    [("STOP", "Hello", True), ("Désinscription", "Hello", True), ("Re: stop", "stop", False), ("Stop", "Stop!", False),
     ("RE : Stop", "Hello", False), ("Stop the press", "Hello", False), ("TR: unsubscribe", "Hello", False)],
)  # fmt: skip
def test_a_subject_counts_when_it_is_the_authors_own(subject: str, original: str, asks: bool) -> None:
    assert asks_to_leave("", subject, original, KEYWORDS) is asks


def test_an_account_has_its_own_words() -> None:
    assert asks_to_leave("Basta!", "", "", ["basta"])
    assert not asks_to_leave("STOP", "", "", ["basta"])
    assert not asks_to_leave("STOP", "stop", "", [])
    assert not asks_to_leave("!!!", "", "", ["!!!"]), "a word of signs alone is none"


def test_html_alone_is_read_without_marks_and_quotations() -> None:
    html = (
        "<html><head><style>p {color: red}</style><title>x</title></head><body><!-- > stop --><div>STOP&nbsp;&eacute;</div>"
        "<p>a<br>b</p><blockquote type=cite><p>old</p></blockquote><script>alert(1)</script>c &lt;d&gt;</body></html>"
    )
    assert [line.strip() for line in plain(html).split("\n") if line.strip()] == ["STOP é", "a", "b", "c <d>"]
    mail = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    assert text_of(parts_of(mail + b"<p>Hello</p>")) == "Hello"
    assert text_of(parts_of(mail + b"<blockquote>All in one</blockquote>")) == "All in one"
    assert text_of(parts_of(b"Content-Type: application/pdf\r\n\r\nx")) == ""


def test_html_of_gmail_and_outlook_is_cut_where_the_original_begins() -> None:
    gmail = (
        '<div dir="ltr">Désabonner</div><br><div class="gmail_quote"><div dir="ltr">Le mar. 3 nov. 2026 à 09:01, '
        "Librairie &lt;news@example.com&gt; a écrit&nbsp;:<br></div><blockquote>stop</blockquote></div>"
    )
    outlook = (
        "<div><p>Désabonner</p></div><div style='border-top:solid'><p><b>De&nbsp;:</b> Librairie<br><b>Envoyé&nbsp;:</b> "
        "mardi<br><b>Objet&nbsp;:</b> Nouveautés</p></div><p>Bonjour</p>"
    )
    for html in (gmail, outlook):
        assert own_text(plain(html)) == "Désabonner"


def test_the_text_is_not_taken_from_a_file_or_a_mail_within() -> None:
    mail = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b'--b\r\nContent-Type: text/plain; name="stop.txt"\r\nContent-Disposition: attachment\r\n\r\nSTOP\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nSTOP\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b--\r\n"
    )
    assert text_of(parts_of(mail)) == "See the file."


def test_the_opening_is_the_first_line_with_words() -> None:
    assert opening("\n  \nMerci\nbeaucoup") == "Merci"
    assert opening("Bonjour,\n\nMerci") == "Merci"
    assert opening("Bonjour,\n") == "Bonjour,"
    assert opening("") == ""
    assert len(opening("x" * 1000)) == OPENING


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece", ["<", "<blockquote>", "<!--", "On ", "-", " ", "\n", "From: \n", "On x\n", "&a", "> ", "</p"]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.perf_counter()
    own_text(plain(text[:100_000]))
    asks_to_leave(own_text(text), text[:1000], "", KEYWORDS)
    assert time.perf_counter() - start < 2
