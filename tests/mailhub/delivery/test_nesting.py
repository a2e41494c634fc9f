"""How deep HTML goes, and tables as blocks."""

from mailhub.delivery.compile import check, compile_draft, find_html_error
from mailhub.delivery.content import Draft
from mailhub.delivery.layout import html_to_text
from mailhub.delivery.mime import Renderer
from mailhub.delivery.nesting import DEPTH, find_depth


def test_a_page_that_would_take_the_stack_is_refused() -> None:
    bomb = "<p>x</p>\n" + "<div>" * 100_000
    assert find_html_error(bomb) == f"line 2, column {DEPTH * 5 + 1}: more than {DEPTH} elements inside each other"


def test_what_closes_nothing_takes_nothing_back() -> None:
    assert find_depth("<div></b></p><br>" * (DEPTH + 1)) is not None
    assert find_depth("<b><i></b></i>" * (DEPTH + 1)) is None


def test_long_pages_are_not_deep() -> None:
    for part in ("<div>x</div>", "<p>x", "<li>x", "<br><img>", "<!-- <div> -->", "<tr><td>x"):
        assert find_depth(part * 5_000) is None
    check(Draft("s", "<table><tr><td>" * 40 + "x", "", "a@example.com", "", ""))


def test_conditions_between_the_parts_of_a_table_leave_out_the_same_in_the_text() -> None:
    html = (
        "<table>{% if vip %}<tr><td>secret<br>twice</td><td>kept from<br>others</td></tr>{% endif %}"
        "<tr>{% if a %}<td>one<br>two</td>{% endif %}<td>three</td></tr></table>"
    )
    compiled, _ = compile_draft(Draft("s", html, "", "a@example.com", "", ""), track_clicks=False, first_link=0)
    renderer = Renderer(compiled)
    assert renderer.render_preview({}).text.split() == ["three"]
    assert renderer.render_preview({"a": "1"}).text.split() == ["one", "two", "three"]
    assert renderer.render_preview({"vip": "1"}).text.split("\n")[1:5] == ["secret", "twice", "kept from", "others"]


def test_conditions_in_comments_count_in_the_text() -> None:
    html = "<!--[if mso]>{% if vip %}<td><![endif]-->secret<!--[if mso]></td>{% endif %}<![endif]-->"
    assert html_to_text(html).split() == ["{%", "if", "vip", "%}secret{%", "endif", "%}"]


def test_a_table_of_words_stays_a_grid_and_one_that_lays_out_does_not() -> None:
    rows = "<tr><td>a</td><td>b</td></tr>"
    assert html_to_text(f"<table>{rows}</table>").strip() == "a  b"
    assert html_to_text(f'<table role="presentation">{rows}</table>') == "a\nb\n"
    nested = f'<table role="presentation"><tr><td><table>{rows}</table></td></tr></table>'
    assert html_to_text(nested).strip() == "a  b"
