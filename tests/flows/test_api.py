"""/api/v1 of a real server, asked everything that its own OpenAPI document allows and much that it does not."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from .server import Server

PROBLEMS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.long
@pytest.mark.timeout(400)
def test_the_server_keeps_to_its_document(tmp_path: Path) -> None:
    with Server(tmp_path, MAILHUB_WEB__API_RATE="0") as server:
        server.do("accounts.create", "name=Acme")
        server.do(
            "users.create",
            "name=Ada",
            "email=ada@example.com",
            "password=a long password",
            "role=owner",
            "--account",
            "1",
        )
        key = server.do("api_keys.create", "name=fuzz", "--as", "ada@example.com", "--account", "1")
        ended = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/api/v1/openapi.json",
                "--header", f"Authorization: Bearer {key['token']}", "--checks", PROBLEMS, "--max-examples", "15",
                "--phases", "examples,coverage,fuzzing", "--url", f"{server.url}/api/v1", "--seed", "1", "--no-color",
                "--request-timeout", "20",
            ],
            capture_output=True, text=True, timeout=350, check=False, cwd=tmp_path, env={**os.environ},
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
        assert " 0 passed" not in ended.stdout
    with closing(sqlite3.connect(tmp_path / "data" / "mailhub.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM activity WHERE door = 'api'").fetchone()[0] > 0
