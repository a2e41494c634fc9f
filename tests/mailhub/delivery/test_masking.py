from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.masking import Masked

HTML = st.lists(
    st.sampled_from(
        [
            "{{ a }}",
            "{% if x > 1 %}",
            "{% endif %}",
            "<p",
            ' class="',
            '"',
            ">",
            "</p>",
            "<!--",
            "-->",
            "<style>",
            "</style>",
            "'",
            "é",
            "mhtag0x",
            "{# c #}",
            "<td {{ a }}>",
            "text",
            " ",
        ]
    ),
    max_size=14,
).map("".join)


@given(HTML)
def test_what_is_masked_comes_back(source: str) -> None:
    masked = Masked(source)
    assert "{{ a }}" not in masked.text
    assert masked.restore(masked.text) == source


def test_each_place_has_its_shape() -> None:
    masked = Masked(
        '<p {{ a }} class="{{ b }}">{{ c }}</p><style>p{color:{{ d }}}</style><!-- {{ e }} --><title>{{ f }}</title>'
    )
    masked.shape_html()
    assert masked.text == (
        '<p  data-mhtag-0x  class="mhtag1x"><!--mhtag-2x--></p>'
        "<style>p{color:mhtag3x}</style><!-- mhtag4x --><title>mhtag5x</title>"
    )


def test_a_condition_inside_a_tag_is_one_word() -> None:
    source = '<p {% if a %}class="x"{% else %}class="y"{% endif %} id="{% if b %}i{% endif %}">'
    masked = Masked(source)
    masked.shape_html()
    assert masked.text.count("class") == 0
    assert masked.restore(masked.text).replace(" ", "") == source.replace(" ", "")


def test_a_comment_that_holds_a_tag_stays_a_comment() -> None:
    masked = Masked("<!--{{ a }}--><p data-{{ b }}>x</p>")
    masked.shape_html()
    assert masked.restore(masked.text) == "<!--{{ a }}--><p data-{{ b }}>x</p>"


def test_marked_sheets_are_put_aside_whole() -> None:
    source = (
        '<style media="x" data-css-inline="ignore">a{b:{{ c }}}</style><style>d</style><link data-css-inline=ignore>'
    )
    masked = Masked(source)
    masked.keep_sheets()
    assert masked.restore(masked.text) == '<style media="x">a{b:{{ c }}}</style><style>d</style><link>'
    assert "media" not in masked.text
