import http.server
import threading
import time

import pytest

from mailhub.delivery.layout import html_to_text, inline_css, markdown_to_html


def words_of(html: str) -> str:
    return html.partition('<td class="words">')[2].partition("</td></tr>\n</table>\n</td></tr>")[0].strip()


def test_markdown_becomes_a_whole_page_and_tags_survive() -> None:
    html = markdown_to_html(
        '# Bonjour {{ name|default("Madame, <Monsieur>") }}\n\n'
        "[Quit]({{ unsubscribe_url }}) [x](https://a.example/?c={{ code }}&d=1) **{{ a * b * c }}**\n"
    )
    assert html.startswith("<!DOCTYPE html>")
    assert "@media" in html
    assert words_of(html) == (
        '<h1>Bonjour {{ name|default("Madame, <Monsieur>") }}</h1>\n'
        '<p><a href="{{ unsubscribe_url }}">Quit</a> '
        '<a href="https://a.example/?c={{ code }}&amp;d=1">x</a> <strong>{{ a * b * c }}</strong></p>'
    )


def test_markdown_blocks_stand_between_elements() -> None:
    assert words_of(markdown_to_html("{% if a %}\n* one\n* two\n{% endif %}\nafter")) == (
        "{% if a %}\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n{% endif %}\n<p>after</p>"
    )


def test_markdown_tables_take_tags_with_bars() -> None:
    words = words_of(markdown_to_html("|a|b|\n|-|-|\n|{{ x|upper }}|2|\n"))
    assert "<td>{{ x|upper }}</td>\n<td>2</td>" in words


def test_text_keeps_words_links_and_tags() -> None:
    text = html_to_text(
        '<html><head><style>p{color:red}</style></head><body><!-- no --><h1>Salut {{ name|default("<toi>") }}</h1>'
        '<p>Voir <a href="https://a.example/?x=1&amp;y={{ z }}">le site</a>, '
        '<a href="{{ unsubscribe_url }}">quitter</a></p>'
        '<p><a href="https://b.example">https://b.example</a> <a href="#top">haut</a></p></body></html>'
    )
    assert text == (
        'Salut {{ name|default("<toi>") }}\n\n'
        "Voir le site (https://a.example/?x=1&y={{ z }}), quitter ({{ unsubscribe_url }})\n\n"
        "https://b.example haut\n"
    )
    assert html_to_text("") == ""


def test_styles_are_inlined_and_media_rules_and_tags_stay() -> None:
    html = inline_css(
        "<style>td{color:{{ color }}} @media (max-width:600px){#a{width:100%}}</style>"
        '<table>{% for r in rows %}<tr><td {% if r %}class="k"{% endif %}>'
        "{{ r|default(&quot;<b>&quot;) }}</td></tr>{% endfor %}</table>"
    )
    assert 'style="color: {{ color }};"' in html
    assert "@media (max-width:600px)" in html
    assert '<td {% if r %}class="k"{% endif %} style' in html
    assert '{{ r|default("<b>") }}</td>' in html
    assert html.index("<table>") < html.index("{% for") < html.index("<tr>")
    assert html.index("</tr>") < html.index("{% endfor %}") < html.index("</table>")


def test_nothing_is_fetched() -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        inline_css(f'<link rel="stylesheet" href="http://127.0.0.1:{server.server_port}/a.css"><p>x</p>')
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


@pytest.mark.parametrize(
    "source",
    ["{{", "{%", "{#", "<a ", "<p '", '<a href="', "<!--", "<style>", "<title", "{{ a", '<a href="x">', "{{ '"],
)
def test_what_is_never_closed_costs_no_second_look(source: str) -> None:
    start = time.process_time()
    html_to_text(source * 10_000)
    inline_css(source * 10_000)
    markdown_to_html(source * 10_000)
    # Linear work takes a tenth of this; a look back from each beginning took twenty seconds.
    assert time.process_time() - start < 4
