"""The companion app as one WSGI application, mounted at /m: a few files, a policy that lets nothing else in.

What the app shows comes from /mobile/v1; here are its frame, its words in each language, and what makes it installable.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Flask, Response, redirect, request, send_from_directory
from flask_babel import force_locale
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mailhub.hub import Hub
from mailhub.vocabulary import LANGUAGES
from mobile_api import language
from mobile_api.words import WORDS

FILES = Path(__file__).parent / "static"
SHELL = (
    "", "app.css", "main.js", "api.js", "drawing.js", "screens.js", "asking.js", "words/en.json", "words/fr.json", "icon.svg",
    "icon-192.png", "manifest.webmanifest",
)  # fmt: skip
"""What the service worker keeps, so that the app opens without a network."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app_pages(hub: Hub) -> Flask:
    """The application over a hub."""
    app = Flask(__name__, static_folder=None)
    language.register(app, hub)
    app.add_url_rule("/", view_func=_index, defaults={"path": ""}, strict_slashes=False)
    app.add_url_rule("/<path:path>", view_func=_file)
    app.add_url_rule("/words/<code>.json", view_func=_words)
    app.add_url_rule("/sw.js", view_func=_service_worker)
    app.register_error_handler(HTTPException, _missing)
    app.after_request(_add_headers)
    return app


def _index(path: str) -> AnyResponse:
    """The frame. Without the last slash the service worker would not reach it."""
    if not request.environ.get("PATH_INFO"):
        return redirect(f"{request.script_root}/", 308)
    return send_from_directory(FILES, "index.html")


def _file(path: str) -> AnyResponse:
    if path == "index.html":
        return redirect(f"{request.script_root}/", 308)
    answer = send_from_directory(FILES, path)
    if path.endswith(".webmanifest"):
        answer.content_type = "application/manifest+json"
    return answer


def _words(code: str) -> Response:
    if code not in LANGUAGES:
        return Response("There is no such language.", 404, content_type="text/plain; charset=utf-8")
    with force_locale(code):
        words = {name: str(sentence) for name, sentence in WORDS.items()}
    return Response(json.dumps(words, ensure_ascii=False), content_type="application/json; charset=utf-8")


def _service_worker() -> Response:
    """Its text changes with any file of the shell, so that browsers fetch them anew."""
    text = (FILES / "sw.js").read_text("utf-8")
    listed = json.dumps([f"{request.script_root}/{name}" for name in SHELL])
    text = text.replace('"VERSION"', json.dumps(_digest())).replace('["SHELL"]', listed)
    return Response(text, content_type="text/javascript; charset=utf-8")


@cache
def _digest() -> str:
    words = [Path(__file__).with_name("words.py"), *sorted(language.OWN.rglob("*.po"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*sorted(FILES.iterdir()), *words])).hexdigest()[:12]


def _missing(error: HTTPException) -> AnyResponse:
    if (error.code or 500) < 400:
        return error.get_response(request.environ)
    return Response("There is nothing at this address.", error.code, content_type="text/plain; charset=utf-8")


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response
