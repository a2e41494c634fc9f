"""MJML with template tags in it becomes HTML that the rest of the path takes."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.compile import compile_draft
from mailhub.delivery.content import Compiled, Draft
from mailhub.delivery.mime import Preview, Renderer
from mailhub.delivery.mjml import MjmlError, is_mjml, mjml_to_html
from mailhub.delivery.template import find_error

NEWS = """<!-- for us only -->
<mjml>
  <mj-head>
    <mj-title>News for "{{ first_name | default("you") }}"</mj-title>
    <mj-preview>Seen in the list of mails</mj-preview>
    <mj-style>@media (max-width: 400px) { #top { color: {{ colour }} } } a:hover { color: red }</mj-style>
    <mj-style inline="inline">.loud p { color: red }</mj-style>
  </mj-head>
  <mj-body>
    {% if vip %}
    <mj-section><mj-column><mj-text>Dear {{ first_name }}{% if a < b %}!{% endif %}<br>first</mj-text></mj-column></mj-section>
    {% else %}
    <mj-wrapper>
      {% if city %}
      <mj-section css-class="loud">
        <mj-column><mj-text><p>From {{ city }}</p></mj-text></mj-column>
        {% if code %}<mj-column><mj-button href="https://shop.example/?a=1&b={{ code }}">Code</mj-button></mj-column>{% endif %}
      </mj-section>
      {% endif %}
      <mj-section><mj-column><mj-text>In a wrapper</mj-text></mj-column></mj-section>
    </mj-wrapper>
    {% endif %}
    <mj-section><mj-column>
      {% for each in [1, 2] %}<mj-text>Line {{ each }}</mj-text>{% endfor %}
      <mj-image src="https://img.example/{{ code | default("none") }}.png" alt='our "shop"' href="https://shop.example/"/>
      <mj-text><a href="{{ unsubscribe_url }}">Out</a></mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>
"""


def mail(body: str, head: str = "") -> str:
    return f"<mjml><mj-head>{head}</mj-head><mj-body>{body}</mj-body></mjml>"


def section(content: str) -> str:
    return mail(f"<mj-section><mj-column>{content}</mj-column></mj-section>")


def compiled(source: str, *, track: bool = True) -> tuple[Compiled, list[str]]:
    draft = Draft("s", mjml_to_html(source, language="fr"), "", "a@example.com", "", "")
    return compile_draft(draft, track_clicks=track, first_link=0)


def seen(source: str, **values: str) -> Preview:
    return Renderer(compiled(source, track=False)[0]).render_preview(values)


def test_what_begins_with_mjml_is_mjml() -> None:
    for source in ("<mjml>", "\n <!-- x - y --> <mjml lang='fr'>", '<?xml version="1.0"?><mjml/>'):
        assert is_mjml(source)
    for source in ("", "<html>", "<mjmlx>", "words <mjml>", "<!-- <mjml>"):
        assert not is_mjml(source)


def test_tags_survive_in_words_values_sheets_and_between_elements() -> None:
    html = mjml_to_html(NEWS)
    for tag in re.findall(r"\{%.*?%\}|\{\{.*?\}\}", NEWS):
        assert tag in html
    assert "for us only" not in html
    assert find_error(html, html=True) is None
    assert re.findall(r"\{%.*?%\}", html) == re.findall(r"\{%.*?%\}", NEWS)


def test_conditions_leave_out_what_stands_between_them() -> None:
    bare = seen(NEWS)
    assert "In a wrapper" in bare.html
    assert "In a wrapper" in bare.text
    for words in ("Dear", "From", "Code"):
        assert words not in bare.html
        assert words not in bare.text
    full = seen(NEWS, city="Lyon", code="X1")
    assert "From Lyon" in full.text
    assert "Code (https://shop.example/?a=1&b=X1)" in full.text
    assert 'href="https://shop.example/?a=1&amp;b=X1"' in full.html
    assert full.html.count("Line ") == full.text.count("Line ") == 2
    vip = seen(NEWS, vip="yes", first_name="Ada", city="Lyon")
    assert "Dear Ada" in vip.text
    for words in ("Lyon", "In a wrapper"):
        assert words not in vip.html
        assert words not in vip.text


@pytest.mark.parametrize("values", [{}, {"city": "L"}, {"vip": "y"}, {"city": "L", "code": "1"}])
def test_outlooks_layout_stays_whole_whatever_is_left_out(values: dict[str, str]) -> None:
    html = seen(NEWS, **values).html
    assert html.count("<!--[if mso | IE]>") > 5
    for opened in ("<!--[if mso | IE]>", "<table", "<tr", "<td", "<div"):
        closed = "<![endif]-->" if "[if" in opened else f"</{opened[1:]}>"
        count = len(re.findall(re.escape(opened) + r"(?=[\s>])", html)) if "[if" not in opened else html.count(opened)
        assert count == html.count(closed) - (html.count("<!--[if") - count if "[if" in opened else 0)


def test_styles_are_inlined_where_mjml_says_so_and_kept_where_not() -> None:
    html = compiled(NEWS)[0].html
    assert '<p style="color: red;">From' in html
    assert "@media (max-width: 400px) { #top { color: {{ colour }} } } a:hover { color: red }" in html
    assert "@media only screen and (min-width:480px) { .mj-column-per-100" in html
    assert "<!--[if lte mso 11]>" in html
    assert "data-css-inline" not in html
    assert html.lower().startswith('<!doctype html><html lang="fr"')


def test_links_are_counted_and_the_pixel_stands_at_the_end() -> None:
    made, links = compiled(NEWS)
    assert links == ["https://shop.example/"]
    assert '<a href="{{ click_base }}/0" target="_blank"><img' in made.html
    assert made.html.endswith("{{ open_pixel }}</body></html>")


def test_the_text_part_reads_well_without_the_preview_words() -> None:
    text = seen(NEWS, vip="yes", first_name="Ada").text
    assert "Seen in the list" not in text
    assert [line for line in text.split("\n") if line] == [
        "Dear Ada",
        "first",
        "Line 1",
        "Line 2",
        'our "shop" (https://shop.example/)',
        "Out (#)",
    ]


def test_no_web_font_unless_it_is_named() -> None:
    assert "fonts.googleapis.com" not in mjml_to_html(section("<mj-text>x</mj-text>"))
    named = '<mj-font name="Own" href="https://fonts.example/own.css"/>'
    html = compile_draft(
        Draft(
            "s",
            mjml_to_html(
                mail("<mj-section><mj-column><mj-text font-family='Own'>x</mj-text></mj-column></mj-section>", named)
            ),
            "",
            "a@example.com",
            "",
            "",
        ),
        track_clicks=True,
        first_link=0,
    )[0].html
    assert '<link href="https://fonts.example/own.css" rel="stylesheet" type="text/css">' in html
    assert "@import url(https://fonts.example/own.css)" in html


def test_html_in_words_may_be_as_loose_as_html_is() -> None:
    html = mjml_to_html(section("<mj-text><p>one<p>two<li>three &amp; a < b &nbsp; caf&eacute;</mj-text>"))
    assert "<p>one<p>two<li>three &amp; a < b &nbsp; caf&eacute;</div>" in html


def test_values_are_written_as_values() -> None:
    html = mjml_to_html(section("""<mj-image src='a.png' alt='say "hi" <b> {{ "x" }}'/>"""))
    assert 'alt="say &quot;hi&quot; &lt;b&gt; {{ "x" }}"' in html


def test_a_tag_where_mjml_needs_a_number_is_told() -> None:
    with pytest.raises(MjmlError) as caught:
        mjml_to_html(mail('<mj-section>\n<mj-column\n width="{{ w }}"><mj-text>x</mj-text></mj-column></mj-section>'))
    assert str(caught.value) == (
        "MJML, line 3: MJML works with the width of <mj-column> itself, so it cannot hold {{ w }}: write a value."
    )


def test_a_mail_that_grows_too_large_is_refused_at_once() -> None:
    begun = time.process_time()
    for body, head in (
        ("<mj-section><mj-column><mj-divider/></mj-column></mj-section>" * 900, ""),
        ("<mj-section/>" * 2000, f'<mj-attributes><mj-all css-class="{"a" * 3000}"/></mj-attributes>'),
    ):
        with pytest.raises(MjmlError) as caught:
            mjml_to_html(mail(body, head))
        assert "MJML, line 1: it " in str(caught.value)
    assert time.process_time() - begun < 2


_PARTS = st.sampled_from(
    ["<mj-section>", "</mj-section>", "<mj-column>", "</mj-column>", "<mj-text>", "</mj-text>", "<mj-raw>", "</mj-raw>",
     "<mj-wrapper>", "</mj-wrapper>", "<mj-image src='{{ a }}'/>", "<mj-carousel>", "</mj-carousel>",
     "<mj-carousel-image src='a'/>", "<mj-social>", "</mj-social>", "<mj-social-element name='x'>", "<mj-hero>",
     "</mj-hero>", "<mj-navbar>", "</mj-navbar>", "<mj-navbar-link/>", "<mj-accordion>", "<mj-accordion-element>",
     "<mj-accordion-title>", "<mj-group>", "</mj-group>", "{% if a %}", "{% endif %}", "{{ b }}", "{% set a = 1 %}",
     "{# c #}", "<!-- d -->", "<!--", "words", "&eacute;", "<p>", "é", "\n", "<mj-divider padding='a b'/>",
     "<mj-button width='{{ c }}' padding='1px {{ d }}'>", "</mj-button>", "<mj-spacer height='-1px'/>", '"', "<"]
)  # fmt: skip


def _laid_out(source: str) -> str:
    try:
        return mjml_to_html(source)
    except MjmlError as error:
        return str(error.line)


@given(st.lists(_PARTS, max_size=14).map("".join))
def test_anything_is_laid_out_or_told_with_its_line(content: str) -> None:
    for source in (mail(content), section(content)):
        made = _laid_out(source)
        if made.isdigit():
            assert 1 <= int(made) <= source.count("\n") + 1
            continue
        shown = re.sub(r"<!--.*?-->", "", source, flags=re.S)
        assert made.count("{{ b }}") >= shown.count("{{ b }}")
        assert made.count("{% if a %}") == made.count("{% endif %}")
