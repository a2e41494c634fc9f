"""A mounted application answers under its prefix and nowhere else; a prefix that is taken is one sentence at start."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mailhub.app import create_hub
from mailhub.db import close_database
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.testing import make_config
from mailhub.web.dispatcher import Dispatcher, create_site


def _application(name: str) -> Any:
    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [f"{name} {environ['SCRIPT_NAME']} {environ['PATH_INFO']}".encode()]

    return answer


def _ask(site: Any, path: str, script: str = "") -> str:
    environ = {"PATH_INFO": path, "SCRIPT_NAME": script, "REQUEST_METHOD": "GET"}
    return b"".join(site(environ, lambda status, headers: None)).decode()


def test_the_longest_prefix_of_whole_parts_answers() -> None:
    site = Dispatcher(_application("pages"), {"/m": _application("small"), "/m/v1": _application("large")})
    assert _ask(site, "/m") == "small /m "
    assert _ask(site, "/m/") == "small /m /"
    assert _ask(site, "/m/v1/me") == "large /m/v1 /me"
    assert _ask(site, "/m/v11") == "small /m /v11"
    assert _ask(site, "/messages") == "pages  /messages"
    assert _ask(site, "/") == "pages  /"
    assert _ask(site, "/m/x", "/mail") == "small /mail/m /x"


BIRDS = """
from mailhub import hookimpl
def answer(environ, start):
    start("200 OK", [])
    return [b"birds " + environ["PATH_INFO"].encode()]
@hookimpl
def register_mounts(hub): return {answers}
"""


def _hub(tmp_path: Path, no_plugins: dict[str, list[str]], answers: str) -> Hub:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "birds.py").write_text(BIRDS.replace("{answers}", answers))
    return create_hub(make_config(tmp_path / "data", plugins={**no_plugins, "folder": str(folder)}))


def test_a_plugin_brings_its_own_application(tmp_path: Path, no_plugins: dict[str, list[str]]) -> None:
    site = create_site(_hub(tmp_path, no_plugins, '{"/birds/v1": answer}'))
    assert _ask(site, "/birds/v1/all") == "birds /all"
    close_database()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ('{"birds": answer}', "birds mounts 'birds', which is no prefix"),
        ('{"/": answer}', "birds mounts '/', which is no prefix"),
        ('{"/api/v1": answer}', "birds mounts /api/v1, and that prefix is taken"),
        ("1 / 0", "birds failed in register_mounts"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    tmp_path: Path, no_plugins: dict[str, list[str]], answers: str, sentence: str
) -> None:
    hub = _hub(tmp_path, no_plugins, answers)
    with pytest.raises(UserError, match=sentence):
        create_site(hub)
    close_database()
