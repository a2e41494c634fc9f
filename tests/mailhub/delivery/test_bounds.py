import json
import resource
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minijinja import Markup

from mailhub.delivery.assembly import Template, Values
from mailhub.delivery.bounds import BoundsError, join, make_range, replace, split
from mailhub.delivery.template import environment, find_error
from mailhub.errors import UserError

# Renders each template with long values, whatever its check says, as a worker would; and says what became of it.
RUN = """
import json, sys
from mailhub.delivery.assembly import Body, Template, Values
from mailhub.delivery.template import find_error
from mailhub.errors import UserError
fields = {"x": "'" * 16384, "y": "\\\\" * 16384, "z": "%," * 8192, "n": "9999"}
for source in json.load(sys.stdin):
    errors = [find_error(source, html=html) for html in (True, False)]
    for html in (True, False):
        try:
            template = Template(source, html=html)
            size = len(template.render(Values(fields, {})))
            size = max(size, len(Body([b"", template, b""]).render(Values(fields, {}))))
            errors.append(size if size < 30e6 else f"{size} characters came out")
        except UserError as error:
            errors.append(str(error))
    print(json.dumps(errors))
"""
LOOP = "{% for i in range(9999) %}"
REFUSED = [
    "{% set ns = namespace(x='a') %}" + LOOP + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set a = 'abcdefgh' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = 'abcdefgh' %}" + "{% set a = a + a %}" * 40,
    "{% set a = 'abcdefgh' %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
    "{% set a = 'abcdefgh' %}" + "{% set a = a, a %}" * 40 + "{{ a }}",
    "{% set a = 'abcdefgh' %}" + "{% set a = {'a': a, 'b': a} %}" * 40 + "{{ a }}",
    "{% set a = x %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
    "{% set a = z %}" + "{% set a = a|urlencode %}" * 4000,
    "{% set a = x %}" + '{% set a = a|replace("\'", a) %}' * 9,
    "{% set a = y %}" + "{% set a = [a]|string %}" * 40,
    "{{ x|indent(900000000) }}",
    "{{ '%900000000d'|format(1) }}",
    "{{ x|center(900000000) }}",
    "{{ [1]|batch(900000000, 'x') }}",
    "{{ [1]|slice(900000000) }}",
    "{{ [1]|tojson(indent=900000000) }}",
    "{{ 'x' * 1000000000 }}",
    "{{ x|string * 1000000 }}",
    "{{ [x] * 1000000000 }}",
    "{{ '{:900000000}'.format(1) }}",
    '{{ x.replace("\'", x) }}',
    "{% macro m(n) %}{{ m(n + 1) }}{{ m(n + 1) }}{% endmacro %}{{ m(1) }}",
    "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{{ " + "m(" * 40 + "'x'" + ")" * 40 + " }}",
    "{% for i in x recursive %}{{ loop(x) }}{% endfor %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
    "{% filter replace('a', x) %}a{% endfilter %}",
    "".join("{% with a = [a, a] %}" for _ in range(40)) + "{{ a }}" + "{% endwith %}" * 40,
    "".join("{% for a in [a ~ a] %}" for _ in range(40)) + "{{ a }}" + "{% endfor %}" * 40,
    "".join("{% for a in [[a, a]] %}" for _ in range(40)) + "{{ a }}" + "{% endfor %}" * 40,
    "{{ " + "[" * 40 + "'\\\\'" + "] ~ ''" * 40 + " }}",
    "{{ " + "(" * 40 + "'\\\\'" + ", 1) ~ ''" * 40 + " }}",
    "{{ x" + "|urlencode|upper" * 60 + " }}",
    "{{ " + "not " * 100_000 + "x }}",
    "{{ " + "-" * 100_000 + " x }}",
    "{{ x" + ".a" * 100_000 + " }}",
    "{{ x" + "|upper" * 100_000 + " }}",
    "{{ x" + " ~ x" * 100_000 + " }}",
    "{{ " + "(" * 100_000 + "x" + ")" * 100_000 + " }}",
    "{{ " + "x if x else " * 100_000 + "x }}",
    "{% if x %}" + "{% elif x %}" * 100_000 + "{% endif %}",
    "{% if x %}" * 100_000 + "{% endif %}" * 100_000,
    LOOP + "x" * 1_000_000 + "{% endfor %}",
    "{% raw %}{{ {% endraw %}{{ x|indent(900000000) }}",
    "{# #}{{- x|indent(900000000) -}}",
    "{{ '}}' }}{{ \"{#\" }}{{ x|indent(900000000) }}{{ '#}' }}",
    "{{ 'a\\'b' ~ '}}' ~ x|indent(900000000) }}",
]
STOPPED = [
    LOOP + "{{ x }}" * 50 + "{% endfor %}",
    LOOP + "x" * 8000 + "{% endfor %}",
    LOOP + "{% for j in range(9999) %}{{ j }}{% endfor %}{% endfor %}",
    "{% for i in x %}{% for j in x %}{{ x }}{% endfor %}{% endfor %}",
    '{{ x|replace("\'", x) }}',
    "{{ x|replace('', x) }}",
    "{{ x|join(x) }}",
    "{{ [x, x, x, x, x]|join }}",
    '{{ x|replace("\'", x|replace("\'", x)) }}',
    "{% for i in range(n|int) %}{{ x|e }}{% endfor %}",
    "{{ range(1000000000) }}{% if x %}{% endif %}",
    "{{ range(0, 99999999999999999999999999999) }}",
    "{% if x %}{{ [x]|string|split('')|length }}{% endif %}{{ ([x, y, x, y]|string)|split('') }}",
    "{% if x %}" + "{{ x }}" * 100 + "{% endif %}",
    "".join(f"{{% if x != '{n}' %}}" + "{{ x }}" * 50 + "{% endif %}" for n in range(200)),
    "{{ x }}" * 20_000,
    "{{ x|upper }}" * 20_000,
    "{{ x|replace('a') }}",
    "{{ [x]|replace('a', 'b') }}",
]
HARMLESS = [
    LOOP + "{% if " + " ~ ".join("x" * 90) + " %}{% endif %}{% endfor %}",
    "{{ " + " ~ ".join("y" * 60) + " }}",
    "{{ [" + ", ".join("y" * 60) + "] }}",
    "{% set a = x %}" + "{% set a = a|upper|lower|title %}" * 500 + "{{ a }}",
    "{% for t in z|split(',') %}{{ t }}{% endfor %}",
]


def run_limited(sources: list[str]) -> list[list[str | int | None]]:
    limits = (2**30, 2**30)
    ended = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limits),
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_no_template_ends_the_process() -> None:
    made = run_limited(REFUSED)
    assert len(made) == len(REFUSED)
    for source, (html, text, *rendered) in zip(REFUSED, made, strict=True):
        assert str(html).startswith("line 1, column "), source[:80]
        assert text == html
        assert rendered == [f"The content could not be rendered: {html}. Correct its template."] * 2, source[:80]


def test_what_only_values_make_large_is_stopped() -> None:
    made = run_limited(STOPPED)
    for source, (_html, _text, *rendered) in zip(STOPPED, made, strict=True):
        for sentence in rendered:
            assert str(sentence).startswith("The content could not be rendered: "), (source[:80], sentence)


def test_what_is_large_and_harmless_stays_small_enough() -> None:
    for source, errors in zip(HARMLESS, run_limited(HARMLESS), strict=True):
        assert not any("came out" in str(error) for error in errors), (source[:80], errors)


NAMES = st.sampled_from(["x", "y", "z", "n", "a", "'\\\\'", "3"])
FILTER = st.one_of(
    st.sampled_from(["upper", "e", "urlencode", 'replace("\'", x)', "replace('', y)", "join(x)", "split(',')"]),
    st.sampled_from(["split('')", "string", "title", "default(y)", "first", "int", "length", "safe", "trim"]),
)
VALUE = st.builds(lambda name, filters: "|".join([name, *filters]), NAMES, st.lists(FILTER, max_size=4))
SUM = st.lists(VALUE, min_size=1, max_size=6).map(" ~ ".join)
LIST = st.lists(NAMES, min_size=1, max_size=9).map(lambda names: f"[{', '.join(names)}]")
PRINT = st.one_of(SUM, LIST, LIST.map("{}|string|e".format)).map("{{{{ {} }}}}".format)
SET = st.builds("{{% set {} = {} %}}".format, st.sampled_from("xa"), VALUE)
BOUND = st.one_of(VALUE, LIST, st.just("range(9999)"))
BLOCK = st.recursive(
    st.one_of(PRINT, SET, st.just("text " * 500)),
    lambda inner: st.one_of(
        st.builds("{{% for a in {} %}}{}{{% endfor %}}".format, BOUND, st.lists(inner, max_size=3).map("".join)),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, SUM, st.lists(inner, max_size=3).map("".join)),
    ),
    max_leaves=8,
)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(BLOCK, min_size=1, max_size=4).map("".join), min_size=20, max_size=40))
def test_no_mixture_of_what_is_allowed_grows(sources: list[str]) -> None:
    made = run_limited(sources)
    assert len(made) == len(sources)
    assert not any("came out" in str(errors) for errors in made)


def test_replace_and_join_keep_markup_apart() -> None:
    assert replace("a-b", "-", "<") == "a<b"
    assert replace(Markup("<b>a"), "a", "<") == Markup("<b>&lt;")
    assert isinstance(replace(Markup("<b>a"), "a", "<"), Markup)
    assert replace(None, "a", "b") == ""
    assert replace(313, 3, 4) == "414"
    assert join(["a", None, 2], ",") == "a,,2"
    assert join("abc", ",") == "a,b,c"
    assert join(None, ",") == ""
    joined = join(["<", Markup("<b>")], "&")
    assert joined == "&lt;&amp;<b>"
    assert isinstance(joined, Markup)
    assert not isinstance(join(Markup("<"), "&"), Markup)


def test_split_and_range_give_lists() -> None:
    assert split("a,b,c", ",", 1) == ["a", "b,c"]
    assert split(" a  b ") == ["a", "b"]
    assert split("ab", "") == ["a", "b"]
    assert split(None, ",") == [""]
    assert make_range(1, 7, 3) == [1, 4]
    with pytest.raises(BoundsError, match="too long"):
        make_range(10_001)


def test_a_wrong_argument_is_the_writers_to_mend() -> None:
    for source in ("{{ 'a'|replace('a') }}", "{{ range('a') }}", "{{ 'a'|split(1) }}", "{{ range() }}"):
        error = find_error(source, html=True)
        assert error
        assert "cannot take what it is given" in error
    with pytest.raises(UserError, match='"split" cannot take what it is given'):
        Template("{{ x|split(1) }}", html=True).render(Values({"x": "a"}, {}))


def test_what_is_refused_does_not_exist_either() -> None:
    env = environment(html=False)
    for source in ("{{ 'x'|indent(2) }}", "{{ '%d'|format(1) }}", "{{ namespace() }}", "{{ 'x'.upper() }}"):
        with pytest.raises(RuntimeError, match="unknown"):
            env.render_str(source)


def test_nothing_is_no_text() -> None:
    assert (
        environment(html=True).render_str("{{ x }}{{ none }}{{ x.y|upper }}{{ 0 }}{{ 1.50 }}{{ true }}") == "01.5True"
    )
