"""The page of the API says what the document says, with requests that a shell can run and answers as they come."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from mailhub.hub import Hub
from mailhub.testing import make_hub, make_owner
from mailhub.web.api import create_api
from mailhub.web.api_page import Operation, operations

BASE = "https://mail.example.com/api/v1"


def _all(document: dict[str, Any]) -> list[Operation]:
    return [each for group in operations(document, BASE).values() for each in group]


@pytest.fixture
def whole(tmp_path: Path) -> Any:
    """Everything with all plugins."""
    with make_hub(tmp_path / "data") as hub:
        yield create_api(hub).test_client()


def test_the_page_lists_what_the_document_holds(whole: Any) -> None:
    document, page = whole.get("/openapi.json").json, whole.get("/docs").text
    found = _all(document)
    assert len(found) > 30
    assert len({each.anchor for each in found}) == len(found)
    for each in found:
        assert f'id="{each.anchor}"' in page
        assert f'href="#{each.anchor}"' in page
        assert each.title in page
        assert each.path in page
        assert each.permission in page
        for argument in each.arguments:
            assert f"<code>{argument.name}</code>" in page or argument.place == "header"
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page), "nothing is fetched from elsewhere"
    assert "<script" not in page
    assert "Needs the permission <code>contacts.edit</code>." in page


def test_every_request_is_a_command_with_all_that_is_required(whole: Any) -> None:
    for each in _all(whole.get("/openapi.json").json):
        words = shlex.split(each.request.replace("\\\n", " "))
        assert words[0] == "curl"
        assert (words[words.index("-X") + 1] if "-X" in words else "GET") == each.method
        address = next(word for word in words if word.startswith(BASE))
        assert "{" not in address
        assert "Authorization: Bearer $MAILHUB_KEY" in words
        given = json.loads(words[words.index("--json") + 1]) if "--json" in words else {}
        assert {argument.name for argument in each.arguments if argument.required and argument.place == "body"} <= set(
            given
        )
        assert each.method != "PATCH" or given, "a change changes something"
        assert not each.answer or json.loads(each.answer)


def test_the_examples_are_taken_as_they_stand(hub: Hub) -> None:
    """Of the core: the request of the page is sent, and what comes has the names that the page shows."""
    owner = make_owner(hub)[2]
    hub.call(owner, "domains.add", name="example.org")
    token = hub.call(owner, "api_keys.create", name="x")["token"]
    api = create_api(hub).test_client()
    found = {(each.method, each.path): each for each in _all(api.get("/openapi.json").json)}
    send = found["POST", "/messages"]
    words = shlex.split(send.request.replace("\\\n", " "))
    answer = api.post("/messages", json=json.loads(words[-1]), headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == int(send.status), answer.text
    assert {"id", "to", "status"} <= answer.json.keys() <= json.loads(send.answer).keys()


def test_words_about_the_permission_stand_alone() -> None:
    told = "The body is the sheet. Needs the permission `contacts.import`."
    document = {"paths": {"/imports": {"post": {"summary": "Import", "description": told}}}}
    [made] = _all(document)
    assert (made.told, made.permission, made.tag, made.answer) == ("The body is the sheet.", "contacts.import", "", "")
