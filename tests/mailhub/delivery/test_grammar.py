import pytest

from mailhub.delivery.grammar import DEPTH, LOOP_TEXT, TAG_LENGTH, TAG_PARTS, RefusedError, check_grammar

ALLOWED = [
    "",
    "{ { % } }} %} # '",
    "{{ first_name|default('you')|title }}{{ a or 'b' }}{{ a.b[0][1:2] }}",
    "{% if city in ['Paris', 'Lyon'] and (not a or b is not defined) %}x{% elif n|int > 3 %}y{% else %}z{% endif %}",
    "{% for tag in tags|split(',') if tag %}{{ loop.index }}. {{ tag|trim }}{% endfor %}",
    "{% for n in range(3) %}{{ n + 1 }}{% endfor %}{% for a in [x, 'y', 3] %}{{ a }}{% endfor %}",
    "{% set name = first_name|default('you')|title %}{{- name -}}{# note {{ x|indent }} #}",
    '{{ {"a": {"b": name}}["a"]["b"] }}{{ "}}" }}{{ \'%}\' ~ "\\"" }}',
    "{{ n|pluralize('', 's') }}{{ x|replace(' ', '-')|urlencode }}{{ price|float|round(2) }}{{ 5 // 2 % 2 - 1 / 3 }}",
    "{% if n is divisibleby(3) %}{{ n is odd }}{% endif %}{{ prénom }}",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_what_mail_needs_is_allowed(source: str) -> None:
    check_grammar(source)


REFUSED = {
    "ab{% macro m(x) %}{% endmacro %}": (5, '"macro" cannot be used in a mail'),
    "{% call m() %}{% endcall %}": (3, '"call" cannot be used in a mail'),
    "{% filter upper %}x{% endfilter %}": (3, '"filter" cannot be used in a mail'),
    "{% with a = 1 %}{% endwith %}": (3, '"with" cannot be used in a mail'),
    "{% block a %}{{ self.a() }}{% endblock %}": (3, '"block" cannot be used in a mail'),
    "{%- raw -%}{{ a }}{% endraw %}": (4, '"raw" cannot be used in a mail'),
    "{% set a %}{{ b }}{{ b }}{% endset %}": (28, '"endset" cannot be used in a mail'),
    "{% set ns = namespace(x='a') %}": (12, 'unknown function "namespace"'),
    "{{ x|indent(9) }}": (5, 'unknown filter "indent"'),
    "{{ x|nope }}": (5, 'unknown filter "nope"'),
    "{{ x is nope }}": (8, 'unknown test "nope"'),
    "{{ x is not nope(2) }}": (12, 'unknown test "nope"'),
    "{{ x.center(9) }}": (5, 'unknown function "center"'),
    "{{ x.if (9) }}": (5, 'unknown function "if"'),
    "{{ loop(x) }}": (3, 'unknown function "loop"'),
    "{{ x['upper'](9) }}": (13, 'unexpected "("'),
    "{{ 'x' * 9 }}": (7, '"*" cannot be used in a mail'),
    "{{ 2 ** 9 }}": (5, '"*" cannot be used in a mail'),
    "{% set a = a ~ a %}": (13, '"~" cannot be used in "set"'),
    "{% for a in a + a %}": (14, '"+" cannot be used in "for"'),
    "{% set a = a|urlencode %}": (13, '"urlencode" cannot be used in "set"'),
    "{% for a in a|join(a) %}": (14, '"join" cannot be used in "for"'),
    "{% set a = [a, a] %}": (11, 'this list cannot be used in "set"'),
    "{% set a = a, a %}": (12, 'unexpected ",": a list is written [a, b]'),
    "{% for a in [[a, a]] %}": (13, 'this list cannot be used in "for"'),
    "{% for a in {a: a} %}": (12, 'this list cannot be used in "for"'),
    "{% for a in a, a %}": (13, 'unexpected ",": a list is written [a, b]'),
    "{{ (a, a) }}": (5, 'unexpected ",": a list is written [a, b]'),
    "{{ [a ~ ''] }}": (6, "a list holds names, texts and numbers only"),
    "{{ [(a)] }}": (4, "a list holds names, texts and numbers only"),
    "{{ [a|upper] }}": (5, "a list holds names, texts and numbers only"),
    "{{ x" + "|e" * 5 + " }}": (13, 'more than 4 of "e" and its like in one tag'),
    "{{ " + "not " * TAG_PARTS + "x }}": (0, "this tag is too long: say it in several"),
    "{{ '" + "x" * TAG_LENGTH + "' }}": (0, "this tag is too long: say it in several"),
    "{{ a ": (0, "this tag is not closed"),
    "x{{ 'a }}": (1, "this tag is not closed"),
    "{# a": (0, "this comment is not closed"),
    "{{ (a] }}": (5, 'unexpected "]"'),
    "{% a } %}": (5, 'unexpected "}"'),
    "{{ 1if x }}": (3, 'unexpected "1"'),
    "{{ a ; b }}": (5, 'unexpected ";"'),
    "{% if a %}" * (DEPTH + 1): (10 * DEPTH + 3, f"more than {DEPTH} conditions and loops inside each other"),
    "{% if a %}" + "{% elif a %}" * DEPTH: (
        10 + 12 * (DEPTH - 1) + 3,
        f"more than {DEPTH} conditions and loops inside each other",
    ),
    "{% for a in b %}" + "x" * (LOOP_TEXT + 1): (16, f"more than {LOOP_TEXT} characters in a row inside a loop"),
}


@pytest.mark.parametrize("source", REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_could_grow_is_refused_at_its_place(source: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_grammar(source)
    assert (caught.value.position, caught.value.reason) == REFUSED[source]


def test_text_outside_loops_and_conditions_side_by_side_are_not_limited() -> None:
    check_grammar("x" * 100_000 + "{% for a in b %}{% endfor %}" + "x" * 100_000)
    check_grammar("{% if a %}x{% elif b %}y{% endif %}" * 500)
    check_grammar("{% for a in b %}" + ("x" * LOOP_TEXT + "{{ a }}") * 3 + "{% endfor %}")
