"""What the web server loads is one application: opens and clicks first, then the pages. In a process of its own."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ASK = """
import io
from mailhub.wsgi import make_application
application = make_application()
def ask(path):
    heard = []
    body = b"".join(application(
        {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
         "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "QUERY_STRING": "", "SCRIPT_NAME": ""},
        lambda status, headers, *_: heard.append(status)))
    print(heard[0], len(body))
ask("/o/nonsense.gif"); ask("/healthz"); ask("/nowhere")
application.recorder.stop()
"""


def test_tracking_and_pages_answer_from_the_environments_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'[server]\ndata = "{tmp_path / "here"}"\n')
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
    ended = subprocess.run(
        [sys.executable, "-c", ASK], env=clean | {"MAILHUB_CONFIG": str(tmp_path / "config.toml")}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    pixel, health, lost = ended.stdout.splitlines()
    assert pixel == "200 OK 42"
    assert health.startswith("200 OK")
    assert lost.startswith(("302", "404")), "a page that is not there, or the first visit's"
    assert (tmp_path / "here" / "mailhub.sqlite").exists()


SEE = """
from mailhub import outbox
from mailhub.app import create_hub
from mailhub.config import load
from mailhub.db import transaction
from mailhub.messages import Outcome, Queued
from mailhub.testing import make_owner, make_source
from mailhub.wsgi import make_application
hub = create_hub(load(None))
source = make_source(hub, make_owner(hub)[0], ["reader@example.com"], kind="campaign")
message = Queued.get().id
with transaction():
    outbox.claim(source, hub.node.number, 1, hub.ms())
    outbox.settle(hub.node.number, [Outcome(message, 1, "delivered", hub.ms(), 250)])
path = f"/o/{hub.tokens.message(source.content_id, message)}.gif"
application = make_application()
application({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, lambda status, headers: None)
"""


def test_what_was_seen_last_is_written_before_the_process_ends(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
    ended = subprocess.run(
        [sys.executable, "-c", SEE], env=clean | {"MAILHUB_SERVER__DATA": str(tmp_path / "here")}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    with closing(sqlite3.connect(tmp_path / "here" / "mailhub.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM events WHERE kind = 'opened'").fetchone() == (1,)
