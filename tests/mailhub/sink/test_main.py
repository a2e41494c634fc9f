import hashlib
import json
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CONTENT = b"Message-ID: <1@x.example>\r\nSubject: x\r\n\r\n.hello\r\n..\r\n.\r\n"


def _process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mailhub.sink", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("how", ["signal", "stdin"])
def test_the_sink_as_a_process_records_and_counts(tmp_path: Path, how: str) -> None:
    record = tmp_path / "mails.jsonl"
    with _process("--record", str(record), "--behaviour", "odd=rcpt:550 5.1.1 no", "--watch-stdin") as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
            smtp.sendmail("s@x.example", ["a@y.example"], CONTENT)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                smtp.sendmail("s@x.example", ["odd@y.example"], CONTENT)
        if how == "signal":
            process.send_signal(signal.SIGTERM)
        last, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(last) == {"count": 1, "connections": 1, "violations": 0}
    (line,) = map(json.loads, record.read_text().splitlines())
    assert line["recipient"] == "a@y.example"
    assert line["message_id"] == "<1@x.example>"
    assert line["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = _process("--port", str(taken.getsockname()[1]), stderr=subprocess.PIPE)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert told.startswith("The sink could not start: ")
    assert "Traceback" not in told
