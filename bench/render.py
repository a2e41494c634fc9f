"""What one campaign message costs before it reaches the network: render and sign, nothing else.

    python bench/render.py [--recipients N] [--size BYTES] [--plain] [--mjml]

Prints a table, then one JSON object. `--plain` leaves out tracking; `--mjml` writes the mail in MJML, with a condition
around one of its sections, and counts laying it out in what compiling takes, once.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from mailhub.delivery.compile import compile_draft
from mailhub.delivery.content import Compiled, Draft
from mailhub.delivery.mime import Renderer, Urls, date, join
from mailhub.delivery.mjml import mjml_to_html
from mailhub.dkim import Signer, generate_keys
from mailhub.tokens import Tokens

WORDS = "Le printemps revient à la librairie, et avec lui les rencontres du jeudi, les lectures et les nouveautés. "


def make_draft(size: int) -> Draft:
    """Return a draft of about `size` bytes once rendered, with eight links and three variables."""
    links = "".join(
        f'<p><a href="https://www.example.com/book/{n}?from=mail&amp;n={n}">Livre {n}</a></p>' for n in range(8)
    )
    words = f"<p>{WORDS * 3}</p>"
    html = f"<html><body><h1>Bonjour {{{{ first_name|default('à tous') }}}}</h1>{links}"
    text = "Bonjour {{ first_name|default('à tous') }},\n\n" + (WORDS + "\n") * max(2, size // 900)
    while len(html) + len(text) < size - 1500:
        html += words
    html += '<p>{{ city }}, {{ code }}</p><p><a href="{{ unsubscribe_url }}">Se désinscrire</a></p></body></html>'
    return Draft(
        "Les nouveautés de mai, {{ first_name|default('chers lecteurs') }}",
        html,
        text,
        "a@example.com",
        "Librairie",
        "",
    )


def make_mjml(size: int) -> Draft:
    """Return a draft written in MJML: what `make_draft` says, in two columns, and a section that some do not see."""
    column = "<mj-column><mj-text>" + WORDS + "</mj-text>{}</mj-column>"
    button = '<mj-button href="https://www.example.com/book/{0}?from=mail&amp;n={0}">Livre {0}</mj-button>'
    sections = [
        f"<mj-section>{''.join(column.format(button.format(n + m)) for m in (0, 1))}</mj-section>"
        for n in range(0, 8, 2)
    ]
    plain = make_draft(size)
    body = "".join(
        [
            "<mjml><mj-body><mj-section><mj-column><mj-text>Bonjour {{ first_name|default('à tous') }}</mj-text>",
            f"</mj-column></mj-section>{{% if city %}}{sections[0]}{{% endif %}}{''.join(sections[1:])}",
            f"<mj-section><mj-column><mj-text>{WORDS * (size // 400)}{{{{ city }}}}, {{{{ code }}}}</mj-text>",
            '<mj-text><a href="{{ unsubscribe_url }}">Se désinscrire</a></mj-text></mj-column></mj-section>',
            "</mj-body></mjml>",
        ]
    )
    return replace(plain, html=mjml_to_html(body, language="fr"))


def microseconds(run: Callable[[int], object], count: int) -> float:
    """Return the median over five rounds of the time of one call of `run`, in microseconds."""
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for number in range(count):
            run(number)
        rounds.append((time.perf_counter() - start) / count * 1e6)
    return statistics.median(rounds)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=2000)
    parser.add_argument("--size", type=int, default=5000)
    parser.add_argument("--plain", action="store_true", help="no tracking")
    parser.add_argument("--mjml", action="store_true", help="written in MJML")
    options = parser.parse_args()

    start = time.perf_counter()
    draft = make_mjml(options.size) if options.mjml else make_draft(options.size)
    compiled, links = compile_draft(draft, track_clicks=not options.plain, first_link=0)
    compile_ms = (time.perf_counter() - start) * 1e3
    frozen = compiled.to_json()
    start = time.perf_counter()
    renderer = Renderer(Compiled.from_json(frozen), language="fr", feedback_id="7:acme:campaign:mailhub")
    prepare_ms = (time.perf_counter() - start) * 1e3

    tokens = Tokens(b"a secret of the bench, 32 bytes.")
    rsa, ed25519 = generate_keys("bench")
    signers = {"rsa": Signer("example.com", [rsa]), "both": Signer("example.com", [rsa, ed25519])}
    now = int(time.time())
    rendered: list[tuple[list[tuple[bytes, bytes]], bytes]] = []

    def render(number: int) -> None:
        token = tokens.message(7, number)
        urls = Urls(f"https://mail.example.com/u/{token}", f"https://mail.example.com/c/{token}", "")
        urls = urls if options.plain else urls._replace(open_pixel=f"https://mail.example.com/o/{token}")
        fields = {"first_name": f"Élodie {number}", "city": "Saint-Étienne", "code": f"X-{number}"}
        message = renderer.render(
            fields, to=f"r{number}@example.org", message_id_header=f"<{number}@example.com>", date=date(now), urls=urls
        )
        if len(rendered) < options.recipients:
            rendered.append(message)

    figures = {
        "recipients": options.recipients,
        "compile_ms": round(compile_ms, 2),
        "prepare_ms": round(prepare_ms, 2),
        "links": len(links),
        "render_us": round(microseconds(render, options.recipients), 2),
    }
    figures["message_bytes"] = len(join(*rendered[0]))
    for name, signer in signers.items():
        cost = microseconds(lambda n, s=signer: s.sign(*rendered[n], canonical_body=True, now=now), options.recipients)
        figures[f"sign_{name}_ms"] = round(cost / 1e3, 4)
    bare = Signer("example.com", [])
    cost = microseconds(lambda n: bare.sign(*rendered[n], canonical_body=True, now=now), options.recipients)
    figures["hash_us"] = round(cost, 2)
    figures["return_path_us"] = round(microseconds(lambda n: tokens.return_path(7, n), options.recipients), 2)
    figures["join_us"] = round(microseconds(lambda n: join(*rendered[n], b"x"), options.recipients), 2)
    for name, figure in figures.items():
        print(f"{name:>16} {figure}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
