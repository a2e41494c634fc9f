"""The Dockerfile's commands build a whole server in a clean environment, and what it starts answers its own health check."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.flows.server import free_ports, wait_until
from tests.house.dockerfile import Image


@pytest.mark.timeout(600)
def test_the_image_builds_serves_and_is_healthy(tmp_path: Path) -> None:
    image = Image(tmp_path)
    image.build()
    assert [part.split()[0] for part in image.skipped] == ["useradd", "chown"]
    web, submission, inbound = free_ports(3)
    environment = image.variables() | {
        "MAILHUB_SERVER__DATA": str(image.path("/data")),
        "MAILHUB_WEB__HOST": "127.0.0.1",
        "MAILHUB_SMTP__HOST": "127.0.0.1",
        "MAILHUB_WEB__PORT": str(web),
        "MAILHUB_SMTP__SUBMISSION_PORT": str(submission),
        "MAILHUB_SMTP__INBOUND_PORT": str(inbound),
    }
    log = tmp_path / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            image.command, cwd=image.path("/data"), env=environment, stdout=output, stderr=output,
            executable=str(Path(environment["PATH"].split(":")[0]) / image.command[0]), start_new_session=True,
        )  # fmt: skip
    try:
        health = [part.replace(":8000/", f":{web}/") for part in image.health]
        wait_until(
            lambda: subprocess.run(health, env=environment, capture_output=True, check=False).returncode == 0,
            40,
            "the health check",
        )
        wait_until(lambda: "/welcome?token=" in log.read_text("utf-8"), 20, "the first visit's address")
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            assert server.wait(30) == 0, log.read_text("utf-8")
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
