import pytest

from mailhub.delivery.compile import check, compile_draft, requires_unsubscribe
from mailhub.delivery.content import Draft
from mailhub.errors import Invalid


def draft(html: str = "<p>x</p>", subject: str = "s", text: str = "t") -> Draft:
    return Draft(subject, html, text, "news@example.com", "News", "")


def test_links_are_numbered_once_each() -> None:
    compiled, links = compile_draft(
        draft(
            "<a href=\"https://a.example/?x=1&amp;y=2\">1</a><a href='HTTP://b.example/>'>2</a>"
            '<a href="https://a.example/?x=1&amp;y=2">again</a><map><area href="https://c.example"></map>'
        ),
        track_clicks=True,
        first_link=4,
    )
    assert links == ["https://a.example/?x=1&y=2", "HTTP://b.example/>", "https://c.example"]
    assert [compiled.html.count(f'"{{{{ click_base }}}}/{number}"') for number in range(3, 8)] == [0, 2, 1, 1, 0]


def test_other_links_stay() -> None:
    html = (
        '<a href="{{ unsubscribe_url }}">u</a><a href="https://x.example/?id={{ code }}">c</a>'
        '<a href="mailto:a@b.example">m</a>'
        '<a href="#top">t</a><a name="top">n</a><link href="https://x.example/a.ico" rel="icon">'
        '<img src="https://x.example/i.png">'
        '<abbr href="https://x.example">a</abbr>'
    )
    compiled, links = compile_draft(draft(html), track_clicks=True, first_link=0)
    assert links == []
    for part in html.split("><"):
        assert part.strip("<>") in compiled.html


def test_without_tracking_links_stay() -> None:
    compiled, links = compile_draft(draft('<a href="https://a.example">1</a>'), track_clicks=False, first_link=0)
    assert links == []
    assert 'href="https://a.example"' in compiled.html


def test_the_pixel_stands_at_the_end_once() -> None:
    tracked, _ = compile_draft(draft("<body><p>x</p></body>"), track_clicks=True, first_link=0)
    assert "{{ open_pixel }}</body>" in tracked.html
    placed, _ = compile_draft(draft("<body>{{ open_pixel }}<p>x</p></body>"), track_clicks=True, first_link=0)
    assert placed.html.count("open_pixel") == 1
    plain, _ = compile_draft(draft(), track_clicks=True, first_link=0, track_opens=False)
    assert "open_pixel" not in plain.html


def test_a_brace_at_the_end_does_not_become_a_tag() -> None:
    compiled, _ = compile_draft(draft("<p>x</p>{"), track_clicks=True, first_link=0)
    assert "{\n{{ open_pixel }}</body>" in compiled.html


def test_a_missing_text_is_made() -> None:
    compiled, _ = compile_draft(draft("<p>Bonjour {{ name }}</p>", text=" "), track_clicks=True, first_link=0)
    assert compiled.text == "Bonjour {{ name }}\n"


def test_a_broken_template_names_its_place() -> None:
    with pytest.raises(Invalid) as caught:
        check(draft("<p>\n<b>x\n</b>{{ name| upercase }}", subject="{{ a", text="{% endif %}"))
    assert caught.value.fields["html"] == 'HTML, line 3, column 14: unknown filter "upercase"'
    assert caught.value.fields["subject"].startswith("Subject, line 1, column ")
    assert caught.value.fields["text"].startswith("Text, line 1, column ")
    with pytest.raises(Invalid):
        compile_draft(draft("{{ a"), track_clicks=True, first_link=0)


def test_what_editors_write_is_understood() -> None:
    check(draft("<style>@media x{#a{b:c}}</style>{{ name|default(&quot;x&quot;) }}"))


def test_unsubscribe_is_looked_for_in_tags() -> None:
    assert requires_unsubscribe(draft('<a href="{{ unsubscribe_url }}">x</a>'))
    assert requires_unsubscribe(draft("{% if unsubscribe_url %}x{% endif %}"))
    assert not requires_unsubscribe(draft("unsubscribe_url {# unsubscribe_url #} {{ my_unsubscribe_url }}"))


def test_markup_hides_no_template_in_what_is_made_of_it() -> None:
    for hidden, made in {
        "&#123;&#123; x|indent(9) }}": "HTML, once its styles are inlined, line 1, column 34: unknown filter",
        "{<b></b>{ x|indent(9) }}": "HTML, once it is made the text part, line 1, column 6: unknown filter",
    }.items():
        with pytest.raises(Invalid) as caught:
            compile_draft(draft(f"<p>{hidden}</p>", text=""), track_clicks=True, first_link=0)
        assert caught.value.fields["html"].startswith(made)
