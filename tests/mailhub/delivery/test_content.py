import json

import pytest

from mailhub.delivery.content import Compiled
from mailhub.errors import UserError

COMPILED = Compiled(
    "é",
    '<a href="{{ click_base }}/4">x</a>{{ open_pixel }}',
    "t\n",
    "a@b.example",
    "A",
    "",
    ("https://x.example/?a&b",),
    4,
)


def test_what_is_frozen_comes_back() -> None:
    assert Compiled.from_json(COMPILED.to_json()) == COMPILED


def test_a_newer_shape_is_refused() -> None:
    frozen = json.loads(COMPILED.to_json())
    with pytest.raises(UserError, match="newer MailHub"):
        Compiled.from_json(json.dumps({**frozen, "v": frozen["v"] + 1}))


def test_untracked_links_lead_where_they_lead() -> None:
    assert COMPILED.untracked_html() == '<a href="https://x.example/?a&amp;b">x</a>'
