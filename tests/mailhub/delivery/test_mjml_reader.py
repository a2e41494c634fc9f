"""What is wrong with MJML, and in which line."""

import pytest

from mailhub.delivery.masking import Masked
from mailhub.delivery.mjml_elements import CAROUSEL, ELEMENTS, SOURCE_LENGTH, VALUE_LENGTH
from mailhub.delivery.mjml_errors import MjmlError
from mailhub.delivery.mjml_reader import Read, read_mjml


def read(source: str) -> Read:
    return read_mjml(source, Masked(source), "fr")


def told(source: str) -> str:
    with pytest.raises(MjmlError) as caught:
        read(source)
    assert list(caught.value.fields) == ["html"]
    return f"{caught.value.line}: {caught.value.reason}"


def body(content: str) -> str:
    return f"<mjml>\n<mj-body>\n<mj-section>\n<mj-column>\n{content}\n</mj-column>\n</mj-section>\n</mj-body>\n</mjml>"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("\n<mj-txt>x</mj-txt>", "6: there is no element <mj-txt>: did you mean <mj-text>?"),
        ("<MJ-TEXT>x", "5: there is no element <MJ-TEXT>: did you mean <mj-text>?"),
        ("<mj-flying-pig/>", "5: there is no element <mj-flying-pig>: use those that MJML has."),
        ("<p>x</p>", "5: <p> is HTML: put it in <mj-text>, <mj-table> or <mj-raw>."),
        ("\n\nhello", "7: words stand in <mj-column>, which shows none: put them in <mj-text>."),
        (
            "<mj-include path='/etc/passwd'/>",
            "5: <mj-include> cannot read other files here: paste what it includes in its place.",
        ),
        (
            "<mj-text>\n<mj-include path='a'/></mj-text>",
            "6: <mj-include> stands in <mj-text>, which holds words and HTML only: close <mj-text> before it.",
        ),
        (
            "<mj-section></mj-section>",
            "5: <mj-section> cannot stand in <mj-column>: put it in <mj-body>, <mj-wrapper>.",
        ),
        ("<mjml></mjml>", "5: <mjml> stands in <mj-column>: one <mjml> holds everything."),
        ("<mj-text>x", "5: <mj-text> is not closed: write </mj-text> where it ends."),
        (
            "<mj-text>x\n<mj-button>y</mj-button>\n</mj-text>",
            "6: <mj-button> stands in <mj-text>, which holds words and HTML only: close <mj-text> before it.",
        ),
        ("<mj-social>", "5: <mj-social> is not closed: write </mj-social> where it ends."),
        ("</mj-text>", "5: </mj-text> closes nothing: take it out, or write what it closes."),
        ("<mj-text x>y</mj-text>", '5: <mj-text> has something that is not written name="value": correct it.'),
        (
            "<mj-text {{ x }}>y</mj-text>",
            "5: a template tag stands among the attributes of <mj-text>: put it in a value.",
        ),
        ("<mj-text color='red'", "5: a mark that begins here is not closed: end it with >, and a comment with -->."),
        ("<!-- x", "5: a mark that begins here is not closed: end it with >, and a comment with -->."),
        ("{{ x }}", "5: {{ x }} stands between elements: put it in <mj-text> or in a value."),
        ("\n{% if a %}", "4: {% if a %} begins or ends outside <mj-column>: keep both ends in the same one."),
        ("\n{% endfor %}", "6: {% endfor %} begins or ends outside <mj-column>: keep both ends in the same one."),
        (
            "<mj-text>\n{% if a %}x</mj-text>{% endif %}",
            "6: {% if a %} begins or ends outside <mj-text>: keep both ends in the same one.",
        ),
        (
            "<mj-text color='{% endif %}'>x</mj-text>",
            "5: {% endif %} begins or ends outside <mj-text>: keep both ends in the same one.",
        ),
        (
            "<mj-social>{% if a %}{% endif %}</mj-social>",
            "5: {% if a %} cannot stand in <mj-social>: put it around sections, columns or what a column holds.",
        ),
        ("{% if a\n and b %}{% endif %}\n<x>", "7: <x> is HTML: put it in <mj-text>, <mj-table> or <mj-raw>."),
        (
            f"<mj-text color='{'x' * (VALUE_LENGTH + 1)}'>x</mj-text>",
            "5: the color of <mj-text> is too long: shorten it.",
        ),
        (
            "<mj-carousel>\n" + "<mj-carousel-image/>" * (CAROUSEL + 1),
            f"6: a carousel has {CAROUSEL} images at most: use fewer.",
        ),
        ("<mj-divider/>\n" * ELEMENTS, f"{ELEMENTS + 1}: it is too large from here on: use fewer elements."),
    ],
)
def test_one_sentence_with_the_line(content: str, sentence: str) -> None:
    assert told(body(content)) == sentence


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "1: there is no <mj-body>: everything that is shown stands in it."),
        ("<mjml>\n</mjml>", "1: there is no <mj-body>: everything that is shown stands in it."),
        ("\nwords", "2: words stand outside <mjml>: put everything in <mjml>."),
        (
            "{% if a %}<mjml><mj-body></mj-body></mjml>{% endif %}",
            "1: {% if a %} cannot stand in <mjml>: put it around sections, columns or what a column holds.",
        ),
        ("<mj-body/>", "1: <mj-body> stands outside <mjml>: put everything in <mjml>."),
        ("<mjml>\n<mj-body/>\n<mj-body/></mjml>", "3: there is a second <mj-body>: keep one."),
        (
            "<mjml><mj-head>\n<mj-text>x</mj-text></mj-head></mjml>",
            "2: <mj-text> cannot stand in <mj-head>: put it in <mj-column>, <mj-hero>.",
        ),
        (
            "<mjml><mj-head><mj-attributes>\n<mj-title/></mj-attributes></mj-head></mjml>",
            "2: <mj-title> cannot stand in <mj-attributes>: move it.",
        ),
        ("x" * (SOURCE_LENGTH + 1), f"1: it has more than {SOURCE_LENGTH} characters: shorten it."),
    ],
)
def test_what_is_wrong_with_the_whole(source: str, sentence: str) -> None:
    assert told(source) == sentence


def test_a_deep_nesting_is_told_before_anything_goes_down_into_it() -> None:
    for name in ("mj-section", "mj-wrapper", "mj-hero", "div"):
        assert told(f"<mjml><mj-body>{f'<{name}>' * 20_000}").startswith("1: <")


def test_tags_are_put_aside_and_comments_left_out() -> None:
    source = body("<!-- ours -->{# theirs #}{% if a %}<mj-text color='{{ c }}'>x {{ a }}</mj-text>{% endif %}")
    found = read(source)
    assert "{" not in found.mjml
    assert "ours" not in found.mjml
    assert found.mjml.startswith('<mjml lang="fr"><mj-body>')
    assert [(each.line, each.element, each.attribute) for each in found.used] == [(5, "mj-text", "color")]


def test_a_language_of_its_own_stays() -> None:
    assert read('<mjml lang="de"><mj-body/></mjml>').mjml == '<mjml lang="de"><mj-body/></mjml>'
