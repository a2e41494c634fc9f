"""What people wrote, in every language, becomes one frozen content, and is read back where messages are rendered.

Compiling one language is left to `compile`, filling it in for a recipient to `mime`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mailhub.delivery.compile import compile_draft
from mailhub.delivery.content import Compiled, Draft
from mailhub.errors import UserError
from mailhub.hub import Hub
from mailhub.messages import Content

VERSION = 1
KIND = "compiled"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A content as it is sent: one `Compiled` per language, and the links that clicks are counted for, by number.

    `replies`: they come to this server, while anything leads there, and not to the reply address itself.
    """

    default: str
    languages: Mapping[str, Compiled]
    links: tuple[str, ...]
    track_opens: bool
    track_clicks: bool
    replies: bool = False

    def pick(self, language: str) -> tuple[str, Compiled]:
        """The language a recipient is written to (theirs if there is a text in it, else the default), and its text."""
        chosen = language if language in self.languages else self.default
        return chosen, self.languages[chosen]


def freeze(
    hub: Hub,
    account_id: int,
    drafts: Mapping[str, Draft],
    default: str,
    track_opens: bool,
    track_clicks: bool,
    replies: bool = False,
) -> Content:
    """Write a new content with one compiled text per language of `drafts`, in the caller's transaction.

    `default` is the language of recipients who read none of them, and must be one of them. Links are numbered from 0
    over all languages; `replies` as in `Frozen`. Raises `Invalid` for a broken template (see `compile.check`).
    """
    languages: dict[str, str] = {}
    links: list[str] = []
    for language, draft in drafts.items():
        compiled, found = compile_draft(
            draft, track_clicks=track_clicks, first_link=len(links), track_opens=track_opens
        )
        languages[language] = compiled.to_json()
        links += found
    body = {
        "version": VERSION,
        "default": default,
        "languages": languages,
        "from_address": drafts[default].from_address,
        "from_name": drafts[default].from_name,
        "reply_to": drafts[default].reply_to,
        "track_opens": track_opens,
        "track_clicks": track_clicks,
        "replies": replies,
    }
    return Content.create(
        account=account_id,
        kind=KIND,
        subject=drafts[default].subject,
        from_address=drafts[default].from_address,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        links=links,
        created_at=hub.ms(),
    )


def load_content(content: Content) -> Frozen:
    """Read what `freeze` wrote. Raises `UserError` for a content of another kind or of a newer MailHub."""
    if content.kind != KIND:
        raise UserError(
            "Content {number} is a whole mail, not a compiled campaign: it is sent as it is.", number=content.id
        )
    body = json.loads(bytes(content.body))
    if body["version"] != VERSION:
        raise UserError("This content was frozen by a newer MailHub: run that version, or validate it again.")
    return Frozen(
        default=body["default"],
        languages={language: Compiled.from_json(text) for language, text in body["languages"].items()},
        links=tuple(content.links),
        track_opens=body["track_opens"],
        track_clicks=body["track_clicks"],
        replies=body.get("replies", False),  # contents frozen before there was the choice
    )
