"""Argument fields that take what a shell can write and what JSON or a form can hold: several texts, pairs, a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import marshmallow
from marshmallow import fields


class Texts(fields.Field[list[str]]):
    """Several texts: a list, or one text with commas or line ends between."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> list[str]:
        if isinstance(value, str):
            value = value.replace("\n", ",").split(",")
        if isinstance(value, int):
            value = [value]
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, (str, int)) for each in value):
            raise marshmallow.ValidationError("write texts with commas between them.")
        return [text for each in value if (text := str(each).strip())]


class Pairs(fields.Field[dict[str, Any]]):
    """Names with values: a JSON object, as such or as text, or `name=value` with commas between."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> dict[str, Any]:
        if isinstance(value, str):
            value = _parse(value)
        if not isinstance(value, dict):
            raise marshmallow.ValidationError("write name=value with commas between, or a JSON object.")
        return {str(name): each for name, each in value.items()}


def _parse(text: str) -> Any:
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return None
    pairs = [each.rpartition("=") for each in text.split(",") if each.strip()]
    return {name.strip(): value.strip() for name, sign, value in pairs} if all(sign for _, sign, _ in pairs) else None


class File(fields.Field[Path]):
    """A file on this machine: `key=@FILE` in the shell."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Path:
        if not isinstance(value, Path):
            raise marshmallow.ValidationError("give a file: write @ and its path.")
        return value
