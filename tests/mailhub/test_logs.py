"""Logs go to standard error, as text or as one JSON object a line, marked with the role."""

import json
import logging
from pathlib import Path

import pytest

from mailhub.logs import configure
from mailhub.testing import make_config


def test_json_is_one_object_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(make_config(tmp_path, log={"format": "json"}), "worker")
    try:
        raise ValueError("why\nnot")
    except ValueError:
        logging.getLogger("mailhub.x").exception("job %s failed", 3)
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["role"], told["logger"]) == (
        "job 3 failed",
        "error",
        "worker",
        "mailhub.x",
    )
    assert "ValueError: why" in told["exception"]
    assert told["timestamp"].endswith("Z")


def test_text_is_for_people_and_the_level_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(make_config(tmp_path, log={"level": "warning"}), "web")
    logging.getLogger("mailhub").info("quiet")
    logging.getLogger("mailhub").warning("node %s died", 7)
    told = capsys.readouterr().err
    assert "quiet" not in told
    assert "node 7 died" in told
    assert "\x1b[" not in told


def test_chatty_libraries_are_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(make_config(tmp_path, log={"level": "debug"}), "web")
    logging.getLogger("apscheduler.scheduler").info("noise")
    logging.getLogger("huey").info("noise")
    logging.getLogger("mailhub").debug("wanted")
    told = capsys.readouterr().err
    assert "noise" not in told
    assert "wanted" in told
