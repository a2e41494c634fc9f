"""`mailhub mail classify` prints a line of JSON for each file it can read."""

import json
from pathlib import Path

from click.testing import CliRunner

from mailhub.cli.mail import mail
from tests.mailhub.bounces.letters import letter

TO = "pat@there.example"


def test_a_line_for_each_file(tmp_path: Path) -> None:
    bounce, other = tmp_path / "bounce.eml", tmp_path / "other.eml"
    bounce.write_bytes(letter("postfix", TO, "550 5.1.1 User unknown", "5.1.1"))
    other.write_bytes(b"From: pat@there.example\nSubject: hello\n\nhello\n")
    answer = CliRunner().invoke(mail, ["classify", str(bounce), str(other)])
    assert (answer.exit_code, answer.stderr) == (0, "")
    first, second = map(json.loads, answer.stdout.splitlines())
    assert first == {
        "file": str(bounce), "kind": "bounce",
        "recipients": [{"address": TO, "class": "hard", "reason": "no_such_user", "status": "5.1.1", "code": 550, "line": "550 5.1.1 User unknown"}],  # noqa: E501
    }  # fmt: skip
    assert second == {"file": str(other), "kind": "other", "recipients": []}


def test_a_file_that_cannot_be_read_is_one_sentence_and_the_others_are_told(tmp_path: Path) -> None:
    other = tmp_path / "other.eml"
    other.write_bytes(b"")
    answer = CliRunner().invoke(mail, ["classify", str(tmp_path / "none.eml"), str(tmp_path), str(other)])
    assert answer.exit_code == 1
    assert [json.loads(line)["file"] for line in answer.stdout.splitlines()] == [str(other)]
    assert answer.stderr.splitlines()[0] == (
        f"mailhub: {tmp_path / 'none.eml'} cannot be read (No such file or directory): name a file that holds one mail."
    )
    assert answer.stderr.count("\n") == 2


def test_the_standard_input_is_a_file_too() -> None:
    answer = CliRunner().invoke(mail, ["classify", "-"], input=letter("exim", TO, "552 mailbox full"))
    assert json.loads(answer.stdout)["recipients"][0]["class"] == "soft"
