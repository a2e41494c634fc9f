"""Static files under addresses that change with their content, so that browsers may keep them for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

from mailhub.hub import Hub

KEEP = "public, max-age=31536000, immutable"
"""For an address with the right `?v=`: a year, which is as long as caches count."""


def register(app: Flask, hub: Hub) -> None:
    """Add `?v=` to every `url_for("…static", filename=…)`, the plugins' included, and the headers that go with it."""
    app.url_defaults(_add_version)
    app.after_request(_keep)
    app.jinja_env.globals["icons"] = lambda: _version_of("static", "vendor/icons.svg")


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if (endpoint == "static" or endpoint.endswith(".static")) and "v" not in values and "filename" in values:
        version = _version_of(endpoint, values["filename"])
        if version:
            values["v"] = version


def _keep(response: Response) -> Response:
    if request.endpoint and request.endpoint.endswith("static") and request.args.get("v"):
        filename = (request.view_args or {}).get("filename", "")
        if request.args["v"] == _version_of(request.endpoint, filename):
            response.headers["Cache-Control"] = KEEP
    return response


def _version_of(endpoint: str, filename: str) -> str:
    blueprint, _, _ = endpoint.rpartition(".")
    folder = current_app.blueprints[blueprint].static_folder if blueprint else current_app.static_folder
    path = Path(folder or "") / filename
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=512)
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
