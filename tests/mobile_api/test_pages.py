"""The companion app's files: a strict policy, words in both languages, a worker that changes with its shell."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailhub.testing import make_hub
from mailhub.web.dispatcher import Dispatcher
from mobile_api import pages
from mobile_api.pages import FILES, SHELL, create_app_pages
from mobile_api.words import WORDS

from .conftest import OTHERS


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser of a site where the app is mounted at /m."""
    with make_hub(tmp_path / "data", plugins={"disabled": OTHERS}) as hub:
        site = Flask("site")
        app = create_app_pages(hub)
        site.wsgi_app = Dispatcher(site.wsgi_app, {"/m": app.wsgi_app})  # type: ignore[method-assign]
        yield site.test_client()


def test_m_leads_to_the_frame(client: FlaskClient) -> None:
    answer = client.get("/m")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/m/")
    frame = client.get("/m/")
    assert frame.content_type.startswith("text/html")
    assert client.get("/m/index.html").headers["Location"] == "/m/"


def test_the_policy_lets_nothing_else_in_and_nothing_is_inline(client: FlaskClient) -> None:
    frame = client.get("/m/")
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", frame.text)
    for name in ("https://", "http://"):
        assert name not in frame.text


def test_every_file_of_the_shell_is_there(client: FlaskClient) -> None:
    for name in SHELL:
        assert client.get(f"/m/{name}").status_code == 200, name
    scripts = {path.name for path in FILES.glob("*.js")} - {"sw.js"}
    assert scripts <= set(SHELL), "each script is kept for a phone without a network"
    for script in scripts:
        used = re.findall(r'from "\./([\w.]+)"', (FILES / script).read_text("utf-8"))
        assert set(used) <= scripts


def test_it_can_be_installed(client: FlaskClient) -> None:
    answer = client.get("/m/manifest.webmanifest")
    assert answer.content_type == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/m/", "/m/", "standalone")
    for each in manifest["icons"]:
        assert client.get(f"/m/{each['src']}").status_code == 200, each["src"]


def test_the_worker_lists_the_shell_and_changes_with_it(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/m/sw.js").text
    assert '"/m/"' in first
    assert '"/m/words/fr.json"' in first
    assert "VERSION" not in first
    pages._digest.cache_clear()
    monkeypatch.setattr(pages, "_digest", lambda: "another")
    assert client.get("/m/sw.js").text != first


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_word_the_scripts_use_is_said(client: FlaskClient, language: str) -> None:
    words = client.get(f"/m/words/{language}.json").json
    assert set(words) == set(WORDS)
    assert all(words.values())
    used: set[str] = set()
    for path in FILES.glob("*.js"):
        used |= set(re.findall(r'\bt\("(\w+)"', path.read_text("utf-8")))
    verbs = {f"{stem}_{verb}" if stem else verb for stem in ("", "done") for verb in pages_verbs()}
    verbs |= {f"{verb}_told" for verb in pages_verbs()}
    assert used | verbs <= set(words)


def pages_verbs() -> tuple[str, ...]:
    from mobile_api.permitted import VERBS

    return VERBS


def test_french_is_complete_and_other_languages_are_not_there(client: FlaskClient) -> None:
    english, french = (client.get(f"/m/words/{code}.json").json for code in ("en", "fr"))
    same = {name for name in english if english[name] == french[name]}
    assert same == {"title", "signed_in_as"}
    for name in english:
        assert sorted(re.findall(r"\{\w+\}", english[name])) == sorted(re.findall(r"\{\w+\}", french[name])), name
    assert client.get("/m/words/de.json").status_code == 404


def test_nothing_else_is_served(client: FlaskClient) -> None:
    for path in ("/m/../api.py", "/m/nothing", "/m/words/../../words.py", "/m/%2e%2e/api.py"):
        answer = client.get(path)
        assert answer.status_code == 404, path
