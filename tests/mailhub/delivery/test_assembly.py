import quopri

import pytest

from mailhub.delivery.assembly import Body, Template, Values
from mailhub.errors import UserError


def test_a_template_fills_its_fields() -> None:
    values = Values({"name": "A & B", "empty": ""}, {"address": "a@b.example"})
    source = "{{ name }} {{ empty|default('none') }} {{ address }}{% if empty is defined %}!{% endif %}"
    assert Template(source, html=False).render(values) == "A & B none a@b.example"
    assert Template(source, html=True).render(values) == "A &amp; B none a@b.example"


def test_what_mailhub_knows_wins_over_fields() -> None:
    assert Template("{{ address }}", html=False).render(Values({"address": "x"}, {"address": "y"})) == "y"


def test_addresses_keep_their_slashes_in_logic() -> None:
    values = Values({"note": "a/b"}, {"click_base": "https://x.example/?a&b", "open_pixel": "<img>"})
    source = "{% if note %}{{ click_base }} {{ open_pixel }}{% endif %}{{ open_pixel }}"
    assert Template(source, html=True).render(values) == "https://x.example/?a&amp;b <img><img>"


def test_braces_inside_an_expression_are_understood() -> None:
    source = 'x {{ {"a": {"b": name}}["a"]["b"] }} y'
    assert Template(source, html=False).render(Values({"name": "Zoë"}, {})) == "x Zoë y"


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_body_joins_framing_and_slots(count: int) -> None:
    body = Body([b"--frame\r\n", Template("a{{ x }}" * count + "\n", html=False), b"--end\r\n"])
    rendered = body.render(Values({"x": "é."}, {}))
    decoded = quopri.decodestring(rendered).decode()
    assert decoded == "--frame\r\n" + "aé." * count + "\r\n--end\r\n"


def test_a_failing_template_is_a_persons_error() -> None:
    with pytest.raises(UserError, match="could not be rendered"):
        Template("{{ x|round(2) }}", html=False).render(Values({"x": "no number"}, {}))


def test_a_value_too_long_for_logic_is_named() -> None:
    values = Values({"note": "x" * 16_385, "short": "y"}, {})
    assert Template("{{ note }}", html=True).render(values) == "x" * 16_385
    with pytest.raises(UserError, match="the value of note is too large"):
        Template("{{ short|upper }}", html=True).render(values)


def test_all_tags_of_a_message_share_what_they_may_write() -> None:
    template, values = (
        Template("{% if x %}" + "{{ x }}" * 40 + "{% endif %}", html=False),
        Values({"x": "x" * 16_000}, {}),
    )
    assert len(template.render(values)) == 640_000
    with pytest.raises(UserError, match="its text is too large"):
        template.render(values)


def test_what_a_check_refuses_is_not_rendered() -> None:
    template = Template("a {{ x|indent(9) }}", html=False)
    with pytest.raises(UserError, match='line 1, column 8: unknown filter "indent"'):
        template.render(Values({}, {}))


def test_a_body_of_one_tag_many_times_is_bounded() -> None:
    body = Body([b"", Template("{{ x }}\n" * 1000, html=False), b""])
    assert len(body.render(Values({"x": "x" * 5000}, {}))) > 5_000_000
    with pytest.raises(UserError, match="its text is too large"):
        body.render(Values({"x": "x" * 10_000}, {}))
