"""The arguments of the campaign actions as every door gives them: texts from a shell or form, else JSON values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import marshmallow
from marshmallow import fields, validate

from mailhub import Arguments, argument
from mailhub.errors import Sentence
from mailhub.vocabulary import LANGUAGES


class Words(fields.Field[str]):
    """Text, or the file a shell gave as `@PATH`. A path in plain text is text: no door can read the server's files."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, Path):
            try:
                return value.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise marshmallow.ValidationError(f"{value.name} is no text in UTF-8: save it as one.") from error
        if not isinstance(value, str):
            raise marshmallow.ValidationError("This must be text.")
        return value


class File(Words):
    """A file a shell gave as `@PATH`, and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, Path):
            raise marshmallow.ValidationError("Give a file, as file=@PATH.")
        return super()._deserialize(value, attr, data, **kwargs)


class Names(fields.Field[list[str]]):
    """Several names: a list, or one text with commas between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[str]:
        given = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in given):
            raise marshmallow.ValidationError("Write names, with commas between them.")
        return [part.strip() for each in given for part in each.split(",") if part.strip()]


class Which(fields.Field[str]):
    """A campaign: its number, or a part of its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise marshmallow.ValidationError("Write the campaign's number or a part of its name.")
        return str(value).strip()


def which() -> Any:
    """The argument that says which campaign is meant."""
    return argument(
        Which, "number of the campaign or a part of its name; empty: the only one that fits", load_default=""
    )


def _texts() -> dict[str, Any]:
    """Subject, body, text and file, for the campaign's own language and for each by name."""
    found: dict[str, Any] = {}
    for suffix, words in (("", ""), *((f"_{code}", f" in {name}") for code, name in LANGUAGES.items())):
        found[f"subject{suffix}"] = argument(Words, f"subject{words}", load_default=None)
        found[f"body{suffix}"] = argument(Words, f"Markdown, HTML or MJML{words}", load_default=None)
        found[f"file{suffix}"] = argument(File, f"@PATH of a file with the body{words}", load_default=None)
        found[f"text{suffix}"] = argument(
            Words, f"plain-text part{words}; empty: made from the body", load_default=None
        )
    return found


def _campaign(**first: Any) -> type[Arguments]:
    """The arguments that say what a campaign is. Made from a dictionary, since `from` is a word of Python."""
    rate = validate.Range(0, 10_000_000, error=Sentence("The rate is a whole number from 0 to 10,000,000."))
    declared = {
        **first,
        "from": argument(fields.String, "sender: ada@example.com or Ada <ada@example.com>", load_default=None),
        "from_name": argument(fields.String, "sender's name", load_default=None),
        "reply_to": argument(fields.String, "address that answers go to", load_default=None),
        "replies": argument(
            fields.String,
            "mailhub (they are kept and forwarded) or direct (to the reply address); empty: mailhub where they can come",
            load_default=None,
        ),
        "audience": argument(Names, "who receives it: keys or names of lists, with commas", load_default=None),
        "exclude": argument(Names, "who does not, although in the audience", load_default=None),
        "language": argument(fields.String, "en or fr: for readers without a text in theirs", load_default=None),
        "editor": argument(
            fields.String,
            "markdown, html or mjml, which is also known by its first element",
            load_default=None,
        ),
        "rate": argument(
            fields.Integer, "messages a minute at most; 0: as fast as it goes", load_default=None, validate=rate
        ),
        "track_opens": argument(fields.Boolean, "count opens", load_default=None),
        "track_clicks": argument(fields.Boolean, "count clicks", load_default=None),
        **_texts(),
    }
    return cast(type[Arguments], Arguments.from_dict(declared, name="CampaignArguments"))


Create = _campaign(name=argument(fields.String, "name, which only your team sees", required=True))
Change = _campaign(which=which(), name=argument(fields.String, "name, which only your team sees", load_default=None))


class One(Arguments):
    which = which()


class List(Arguments):
    state = argument(fields.String, "only those in this state", load_default="")
    search = argument(fields.String, "only those with this in their name", load_default="")
    before = argument(fields.Integer, "only those with a smaller number: the next page", load_default=None)
    limit = argument(
        fields.Integer,
        "how many at most",
        load_default=50,
        validate=validate.Range(1, 500, error=Sentence("The limit is a whole number from 1 to 500.")),
    )


class Ledger(Arguments):
    which = which()
    outcome = argument(fields.String, "only those with this outcome, or waiting", load_default="")
    search = argument(fields.String, "only those with this in their address", load_default="")
    before = argument(fields.Integer, "only those with a smaller number: the next page", load_default=None)
    limit = argument(
        fields.Integer,
        "how many at most",
        load_default=50,
        validate=validate.Range(1, 2000, error=Sentence("The limit is a whole number from 1 to 2,000.")),
    )


class At(Arguments):
    which = which()
    at = argument(
        fields.String, "2026-12-24 09:00 in the account's zone, tomorrow 9:00, in 2 hours, or ISO 8601", required=True
    )


class WithReason(Arguments):
    which = which()
    reason = argument(fields.String, "why, kept with the campaign", load_default="")


class Test(Arguments):
    which = which()
    to = argument(Names, "addresses, with commas between them: 20 at most", required=True)
    language = argument(fields.String, "en or fr; empty: each that is written", load_default="")
    contact = argument(fields.String, "address of someone in the audience it is filled in for", load_default="")
