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
