import email
import email.policy
from email.message import EmailMessage

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from mailhub.delivery.compile import compile_draft
from mailhub.delivery.content import Draft
from mailhub.delivery.mime import Renderer, Urls, date, join
from mailhub.errors import UserError

URLS = Urls("https://m.example/u/TOKEN", "https://m.example/c/TOKEN", "https://m.example/o/TOKEN.gif")
HTML = (
    '<html><head><title>{{ title }}</title></head><body><p>Chère {{ first_name|default("amie") }},</p>'
    '<p dir="rtl">שלום 👋🏽 {{ city }}</p>{% if city %}<p>À {{ city|upper }}</p>{% endif %}<p>Donau'
    + "dampfschiff"
    * 20
    + "</p>"
    '<a href="https://a.example/?x=1&amp;y=2">a</a><a href="https://b.example">b</a>'
    '<a href="{{ unsubscribe_url }}">u</a></body></html>'
)
TEXT = (
    "Chère {{ first_name or 'amie' }},\n\n.point\nFrom ici\n"
    "  deux  espaces \n\t{{ city }}\n{{ address }} {{ language }}"
)


def renderer(**changes: str) -> Renderer:
    parts = {"subject": "Été à {{ city }}", "html": HTML, "text": TEXT, "reply_to": "", **changes}
    draft = Draft(from_address="news@bücher.example", from_name="Les Éditions, Paris", **parts)
    return Renderer(compile_draft(draft, track_clicks=True, first_link=0)[0], language="fr", feedback_id="1:2:c:mh")


def parse(made: Renderer, fields: dict[str, str], to: str = "anne@example.org", urls: Urls = URLS) -> EmailMessage:
    lines, body = made.render(fields, to=to, message_id_header="<1@m.example>", date=date(1_793_500_000), urls=urls)
    raw = join(lines, body)
    assert Relaxed.canonicalize_body(body) == body
    for line in raw.split(b"\r\n"):
        assert len(line) <= 78
        assert not line.startswith(b".")
    return email.message_from_bytes(raw, policy=email.policy.SMTP)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_every_part_reads_back() -> None:
    message = parse(renderer(), {"first_name": "Zoë & <Max>", "city": "Sète"})
    assert [defect for each in message.walk() for defect in each.defects] == []
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "plain") == (
        "Chère Zoë & <Max>,\n\n.point\nFrom ici\n  deux  espaces \n\tSète\nanne@example.org fr\n"
    )
    html = part(message, "html")
    assert "<p>Chère Zoë &amp; &lt;Max&gt;,</p>" in html
    assert "<p>À SÈTE</p>" in html
    assert "שלום 👋🏽 Sète</p>" in html
    assert "Donau" + "dampfschiff" * 20 in html
    assert '<a href="https://m.example/c/TOKEN/0">a</a><a href="https://m.example/c/TOKEN/1">b</a>' in html
    assert '<a href="https://m.example/u/TOKEN">u</a><img src="https://m.example/o/TOKEN.gif" width="1"' in html


def test_headers_are_complete() -> None:
    message = parse(renderer(reply_to="contact@example.com"), {"city": "Sète"})
    assert {name: str(value) for name, value in message.items() if name != "Content-Type"} == {
        "Date": "Sun, 01 Nov 2026 02:26:40 +0000",
        "From": '"Les Éditions, Paris" <news@xn--bcher-kva.example>',
        "To": "anne@example.org",
        "Subject": "Été à Sète",
        "Message-ID": "<1@m.example>",
        "List-Unsubscribe": "<https://m.example/u/TOKEN>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Reply-To": "contact@example.com",
        "Feedback-ID": "1:2:c:mh",
        "MIME-Version": "1.0",
    }


def test_empty_values_count_as_missing() -> None:
    for fields in ({}, {"first_name": "", "city": ""}):
        message = parse(renderer(), fields)
        assert "Chère amie,\n" in part(message, "plain")
        html = part(message, "html")
        assert "<p>Chère amie,</p>" in html
        assert "<p>À " not in html


def test_replies_go_to_the_messages_own_address_under_the_senders_name() -> None:
    urls = URLS._replace(reply="reply+abc@m.example", leave="unsubscribe+abc@m.example")
    message = parse(renderer(reply_to="ada@example.com"), {}, urls=urls)
    [address] = message["Reply-To"].addresses
    assert (address.display_name, address.addr_spec) == ("Les Éditions, Paris", "reply+abc@m.example")
    assert message["List-Unsubscribe"] == "<https://m.example/u/TOKEN>, <mailto:unsubscribe+abc@m.example>"
    assert parse(renderer(reply_to="ada@example.com"), {})["Reply-To"] == "ada@example.com"
    assert parse(renderer(), {})["Reply-To"] is None


def test_without_urls_nothing_of_theirs_is_there() -> None:
    message = parse(renderer(), {}, urls=Urls())
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    assert "<img" not in part(message, "html")


@settings(max_examples=60)
@given(st.text(max_size=80), st.text(alphabet="a .\r\n:é<>&\"'{}%", max_size=200))
def test_no_value_adds_a_header_or_breaks_a_part(first_name: str, city: str) -> None:
    made = renderer()
    message = parse(made, {"first_name": first_name, "city": city, "unsubscribe_url": "https://evil.example"})
    expected = list(parse(made, {}).keys())
    assert list(message.keys()) == expected
    assert len(list(message.iter_parts())) == 2
    if first_name:
        shown = first_name.replace("\r\n", "\n").replace("\r", "\n")
        assert part(message, "plain").startswith(f"Chère {shown},\n")
    assert "evil" not in message.as_string()


def test_header_injection_is_flattened() -> None:
    made = renderer(subject="Hello {{ city }}")
    lines, body = made.render(
        {"city": "x\r\nBcc: evil@example.com\r\n\r\nbody"},
        to="a@example.org",
        to_name="Eve\r\nBcc: evil@example.com",
        message_id_header="<1@x>\r\nBcc: y",
        date=date(0),
        urls=Urls("https://x.example/\r\nBcc: z"),
    )
    message = email.message_from_bytes(join(lines, body), policy=email.policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello x Bcc: evil@example.com body"
    assert [address.addr_spec for address in message["To"].addresses] == ["a@example.org"]


def test_a_value_is_never_a_template() -> None:
    message = parse(renderer(), {"first_name": "{{ city }}", "city": "{% raw %}"})
    assert "Chère {{ city }},\n" in part(message, "plain")


def test_the_preview_is_the_mail_with_its_own_links() -> None:
    made, fields = renderer(), {"first_name": "Zoë", "city": "Sète"}
    message, preview = (
        parse(made, fields),
        made.render_preview(fields, address="anne@example.org", unsubscribe_url=URLS.unsubscribe),
    )
    assert preview.subject == message["Subject"]
    assert preview.text == part(message, "plain")
    assert '<a href="https://a.example/?x=1&amp;y=2">a</a><a href="https://b.example">b</a>' in preview.html
    assert "m.example/c/" not in preview.html
    assert "<img" not in preview.html


def test_a_template_that_fails_for_one_recipient_says_so() -> None:
    made = renderer(
        text="{% for i in range(n|default('1')|int) %}{% for j in range(1000) %}{{ j }}{% endfor %}{% endfor %}"
    )
    assert part(parse(made, {"n": "2"}), "plain")
    with pytest.raises(UserError, match="too long"):
        parse(made, {"n": "9000"})


def test_a_text_alone_or_html_alone_is_one_part() -> None:
    text_only = parse(renderer(html=""), {"first_name": "Zoë"})
    assert [each.get_content_type() for each in text_only.iter_parts()] == ["text/plain"]
    assert part(text_only, "plain").startswith("Chère Zoë")


def test_whole_templates_render_too() -> None:
    message = parse(renderer(html="{% set n = first_name %}<p>{{ n }}</p>{{ unsubscribe_url }}"), {"first_name": "A&B"})
    assert "<p>A&amp;B</p>https://m.example/u/TOKEN" in part(message, "html")
