"""The parent: ports are tried first, what dies is started again, ever more slowly when it keeps dying."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mailhub.cli.serving import Children, check_ports, run, wait_for_ports
from mailhub.config import Config
from mailhub.errors import UserError
from mailhub.testing import make_config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _config(tmp_path: Path, web: int, submission: int, inbound: int) -> Config:
    return make_config(tmp_path, web={"port": web}, smtp={"submission_port": submission, "inbound_port": inbound})


@pytest.mark.parametrize(
    ("place", "key", "name"),
    [(0, "web.port", "MAILHUB_WEB__PORT"), (1, "smtp.submission_port", "MAILHUB_SMTP__SUBMISSION_PORT"),
     (2, "smtp.inbound_port", "MAILHUB_SMTP__INBOUND_PORT")],
)  # fmt: skip
def test_a_port_in_use_is_named_with_its_key(tmp_path: Path, place: int, key: str, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = [0, 0, 0]
        ports[place] = taken.getsockname()[1]
        with pytest.raises(UserError) as caught:
            check_ports(_config(tmp_path, *ports))
    assert f"Port {ports[place]} on 127.0.0.1 cannot be used" in str(caught.value)
    assert key in str(caught.value)
    assert name in str(caught.value)


def test_two_keys_with_one_port_are_found_before_anything_starts(tmp_path: Path) -> None:
    port = _free_port()
    with pytest.raises(UserError, match=r"smtp\.inbound_port"):
        check_ports(_config(tmp_path, 0, port, port))


def test_free_ports_are_left_free(tmp_path: Path) -> None:
    config = _config(tmp_path, _free_port(), 0, 0)
    check_ports(config)
    check_ports(config)


def test_a_host_that_is_not_here_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Port 0 on 192\.0\.2\.1 cannot be used"):
        check_ports(make_config(tmp_path, web={"host": "192.0.2.1", "port": 0}))


def test_what_keeps_ending_is_started_again_ever_more_slowly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailhub.cli.serving.sys.executable", "/bin/true")  # ends at once, whatever it is asked
    children = Children(make_config(tmp_path))
    children.start("web")
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        children.restart_dead()
        time.sleep(0.01)
    children.stop()
    told = capsys.readouterr().err.splitlines()
    assert set(told) == {"mailhub: web ended with 0 and is started again."}
    assert 3 <= len(told) <= 4


def test_stopping_ends_them_all(tmp_path: Path) -> None:
    children = Children(make_config(tmp_path / "data"))
    children.start("scheduler")
    time.sleep(0.3)
    children.stop()
    assert children._running["scheduler"].poll() is not None


def _serve(tmp_path: Path, web: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """`mailhub serve` for a start that fails: until it has ended."""
    ports = {"MAILHUB_WEB__PORT": web, "MAILHUB_SMTP__SUBMISSION_PORT": 0, "MAILHUB_SMTP__INBOUND_PORT": 0}
    own = {"MAILHUB_SERVER__DATA": str(tmp_path / "data"), **{key: str(ports[key]) for key in ports}, **more}
    return subprocess.run(
        [sys.executable, "-m", "mailhub", "serve"],
        env={**os.environ, **own}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_port_of_a_server_that_is_just_ending_is_waited_for(tmp_path: Path) -> None:
    with socket.socket() as ending:
        ending.bind(("127.0.0.1", 0))
        ending.listen()
        config = _config(tmp_path, ending.getsockname()[1], 0, 0)
        threading.Timer(0.3, ending.close).start()
        wait_for_ports(config, [])
    check_ports(config)


def test_a_port_that_stays_in_use_ends_the_start_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = _serve(tmp_path, taken.getsockname()[1])
    assert ended.returncode == 1
    assert ended.stderr.startswith("mailhub: Port ")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "data" / "mailhub.sqlite").exists(), "nothing is opened before the ports are free"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({}, "The database cannot be opened"), ({"MAILHUB_PLUGINS__DISABLED": "bells"}, "plugins.disabled names bells")],
)
def test_what_cannot_be_prepared_ends_the_start_with_one_sentence(
    tmp_path: Path, more: dict[str, str], sentence: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mailhub.sqlite").write_bytes(b"no database at all, " * 100)
    ended = _serve(tmp_path, **more)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"mailhub: {sentence}")
    assert ended.stderr.count("\n") == 1


def test_a_shaping_file_that_makes_no_sense_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[gmail]\nspeed = 3\n")
    with pytest.raises(UserError, match=r"own\.toml"):
        run(make_config(tmp_path / "data", delivery={"shaping": str(tmp_path / "own.toml")}))
