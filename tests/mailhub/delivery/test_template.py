from hypothesis import given
from hypothesis import strategies as st

from mailhub.delivery.template import Field, Logic, Static, environment, find_error, split


def test_simple_variables_become_fields() -> None:
    assert split('Bonjour {{ display|default("Madame, Monsieur") }}, {{name}}.') == [
        Static("Bonjour "),
        Field("display", "Madame, Monsieur"),
        Static(", "),
        Field("name", ""),
        Static("."),
    ]
    assert split("{{ a or 'ami' }}{{ b | d('x', true) }}") == [Field("a", "ami"), Field("b", "x")]


def test_blocks_stand_alone_where_they_can() -> None:
    source = "a{% if x %}{% for i in y %}{{ i }}{% endfor %}{% else %}n{% endif %}b{# note #}{{ c|upper }}"
    assert split(source) == [
        Static("a"),
        Logic("{% if x %}{% for i in y %}{{ i }}{% endfor %}{% else %}n{% endif %}"),
        Static("b"),
        Logic("{{ c|upper }}"),
    ]


def test_templates_whose_parts_depend_on_each_other_stay_whole() -> None:
    for source in (
        "{% set a = 1 %}{{ a }}",
        "x {{- a }}",
        "{{ a -}} x",
        "{% raw %}{{ a }}{% endraw %}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
        "{% if a %}open",
        "{{ a",
        "{{ it's }} {{ b }}",
    ):
        assert split(source) == [Logic(source)]


TEMPLATES = st.lists(
    st.sampled_from(
        [
            "a\n",
            "é < b",
            "{{ x }}",
            "{{ y|default('n') }}",
            '{{ y or "n" }}',
            "{{ x|upper }}",
            "{# c #}",
            "{{ true }}",
            "}} %}",
            "{% if x %}yes{{ x }}{% endif %}",
            "{% if y %}yes{% elif x %}x{% else %}no {{ y }}{% endif %}",
            "{ ",
            "'",
            '"',
            "{% for c in x %}{{ loop.index }}{{ c }}{% endfor %}",
            '{{ "}}" }}',
            "{{ x ~ '%}' }}",
            "{{- x }}",
            "{% set y = 2 %}",
        ]
    ),
    max_size=8,
).map("".join)


@given(TEMPLATES, st.booleans())
def test_pieces_render_as_the_whole_does(source: str, html: bool) -> None:
    env, values = environment(html=html), {"x": "<é&>"}
    whole = env.render_str(source, **values)
    parts = []
    for part in split(source):
        if isinstance(part, Static):
            parts.append(part.text)
        elif isinstance(part, Logic):
            parts.append(env.render_str(part.source, **values))
        else:
            parts.append(env.render_str("{{ v }}", v=values.get(part.name) or part.default))
    assert "".join(parts) == whole


def test_unknown_names_are_no_error() -> None:
    assert find_error("{{ nobody }} {{ a.b.c }} {% if x is not defined %}{{ range(3) }}{% endif %}", html=True) is None


def test_errors_name_line_and_column() -> None:
    for source, error in {
        "a\nb\n<p>héé {{ name|upercase }}": 'line 3, column 16: unknown filter "upercase"',
        "{% if never %}\n  {{ a is nope }}{% endif %}": 'line 2, column 11: unknown test "nope"',
        "{% if never %}{{ nope(1) }}{% endif %}": 'line 1, column 18: unknown function "nope"',
        "x\n{% include 'other' %}": 'line 2, column 4: "include" cannot be used in a mail',
        "x\n\n {{ a b }}": "line 3, column 7: unexpected identifier, expected end of variable block",
    }.items():
        assert find_error(source, html=True) == error


def test_an_unclosed_tag_is_placed() -> None:
    for source in ("a\n{{ b", "a\n{% if b %}c"):
        error = find_error(source, html=False)
        assert error
        assert error.startswith("line 2, column ")


def test_names_in_strings_and_comments_are_left_alone() -> None:
    assert find_error("{{ \"a|nope\" }}{# x|nope #}{{ x|default('is nope()') }}", html=False) is None


def test_an_endless_loop_is_found() -> None:
    error = find_error(
        "{% for i in range(9999) %}{% for j in range(9999) %}{{ j }}{% endfor %}{% endfor %}", html=False
    )
    assert error is not None
    assert "too long" in error
