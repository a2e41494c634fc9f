"""`mailhub mail report`: lines of JSON, and sentences for what cannot be read."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from mailhub.cli.mail_report import command
from tests.mailhub.reports.samples import aggregate, policy, record, tls, zipped


def test_one_line_for_each_record(tmp_path: Path) -> None:
    report, other = tmp_path / "report.xml.gz", tmp_path / "tls.zip"
    report.write_bytes(gzip.compress(aggregate(record(), record("192.0.2.2"))))
    other.write_bytes(zipped(tls(policy())))
    answer = CliRunner().invoke(command, [str(report), str(other)])
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 0
    assert [(each["file"], each["kind"]) for each in lines] == [
        (str(report), "dmarc"), (str(report), "dmarc"), (str(other), "tls"),
    ]  # fmt: skip
    assert lines[1]["source_ip"] == "192.0.2.2"


def test_a_file_that_cannot_be_read_costs_a_sentence_and_the_others_are_printed(tmp_path: Path) -> None:
    good, bad, empty = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "empty.xml"
    good.write_bytes(aggregate(record()))
    bad.write_bytes(b"<html></html>")
    empty.write_bytes(aggregate())
    answer = CliRunner().invoke(command, [str(bad), str(tmp_path / "gone.xml"), str(empty), str(good)])
    assert answer.exit_code == 1
    assert [json.loads(line)["file"] for line in answer.stdout.splitlines()] == [str(good)]
    assert answer.stderr.splitlines() == [
        f"mailhub: {bad}: It is XML, but no DMARC report: that begins with <feedback>.",
        f"mailhub: {tmp_path}/gone.xml: It cannot be read (No such file or directory): check its name.",
        f"mailhub: {empty}: The report holds no record: its sender saw no mail, or left it out.",
    ]


def test_what_came_before_a_break_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "cut.xml"
    file.write_bytes(aggregate(record(), record())[:-50])
    answer = CliRunner().invoke(command, [str(file)])
    assert (answer.exit_code, len(answer.stdout.splitlines())) == (1, 1)


def test_what_unpacks_to_more_than_the_limit_costs_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "report.xml.gz"
    padding = b"<!--" + b" " * 1000 + b"-->"
    file.write_bytes(gzip.compress(aggregate(record()).replace(b"</feedback>", padding * 3000 + b"</feedback>")))
    answer = CliRunner().invoke(command, ["--limit", "2", str(file)])
    assert (answer.exit_code, len(answer.stdout.splitlines())) == (1, 1)
    assert answer.stderr == (
        f"mailhub: {file}: It unpacks to more than 2 MiB: if it is to be trusted, read it with --limit and a larger number.\n"
    )
    assert CliRunner().invoke(command, ["--limit", "4", str(file)]).exit_code == 0
    assert CliRunner().invoke(command, [str(file)]).exit_code == 0


def test_a_small_file_cannot_unpack_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "report.xml.gz"
    file.write_bytes(gzip.compress(b"<feedback>" + (b" " * 4095 + b"\n") * (65 << 8), 1))
    answer = CliRunner().invoke(command, [str(file)])
    assert (answer.exit_code, "more than 64 MiB" in answer.stderr) == (1, True)


def test_it_loads_neither_pages_nor_database(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_bytes(aggregate(record()))
    script = (
        "import sys; from click.testing import CliRunner; from mailhub.cli import main\n"
        f"assert CliRunner().invoke(main, ['mail', 'report', {str(file)!r}]).exit_code == 0\n"
        "print([each for each in ('flask', 'peewee', 'dkim', 'sqlite3') if each in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    assert ran.stdout == "[]\n"
