"""Processes load by role: what a worker or a listener never needs is not in its memory."""

import subprocess
import sys
from pathlib import Path

import pytest

LOAD = """
import sys
from pathlib import Path
{first}
from mailhub.app import create_hub
from mailhub.config import load
import {room}
create_hub(load(None, {{"MAILHUB_SERVER__DATA": sys.argv[1]}}))
print(" ".join(sorted(sys.modules)))
"""
NEVER = {"flask", "werkzeug", "granian", "babel", "openpyxl", "lxml", "css_inline", "markdown_it", "dkim", "rich"}


@pytest.mark.parametrize("room", ["mailhub.jobs.schedules", "mailhub.jobs.engine", "mailhub.smtp_server"])
def test_a_role_without_pages_loads_none_of_what_pages_need(tmp_path: Path, room: str) -> None:
    first = "from mailhub.processes import leave_out; leave_out('psycopg')"
    loaded = _loaded(LOAD.format(first=first, room=room), tmp_path)
    assert not loaded & NEVER
    assert not any(name.startswith(("psycopg.", "psycopg_")) for name in loaded)


def test_the_parent_of_a_server_loads_next_to_nothing(tmp_path: Path) -> None:
    loaded = _loaded("import sys, mailhub.cli, mailhub.cli.serving; print(' '.join(sorted(sys.modules)))", tmp_path)
    assert not loaded & (NEVER | {"peewee", "marshmallow", "cryptography", "huey", "apscheduler"})


def _loaded(program: str, folder: Path) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split())
