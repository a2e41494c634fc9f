"""`mailhub verify` as a shell runs it: its lines, their order, and every exit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dns_server import DnsServer

ROOT = Path(__file__).parents[3]


def run(folder: Path, *words: str, given: str | bytes = b"", **settings: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILHUB_")}
    environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}", "MAILHUB_PLUGINS__DISABLED": "slack,mobile"}
    return subprocess.run(
        [sys.executable, "-m", "mailhub", "verify", *words],
        cwd=folder, env=environment | settings, capture_output=True, timeout=60, check=False,
        input=given.encode() if isinstance(given, str) else given,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_line_per_address_in_the_order_given(tmp_path: Path, dns: DnsServer) -> None:
    addresses = [
        "ada@slow.example", "ada@good.example", "nobody", "ada@good.example", "ada@null.example", "ada@silent.example",
        "jo@gmial.com", "élan@good.example", "",
    ]  # fmt: skip
    done = run(
        tmp_path, "--json", *addresses,
        MAILHUB_DNS__RESOLVERS=dns.address, MAILHUB_DNS__TIMEOUT="0.5",
    )  # fmt: skip
    lines = told(done)
    assert [each["address"] for each in lines] == addresses
    assert [each["verdict"] for each in lines] == [
        "deliverable", "deliverable", "undeliverable", "deliverable", "undeliverable", "unknown",
        "undeliverable", "deliverable", "undeliverable",
    ]  # fmt: skip
    assert [each["format"] for each in lines].count("invalid") == 2
    assert lines[6]["suggestion"] == "jo@gmail.com"
    assert not list(tmp_path.iterdir()), "no database, no data folder"


def test_addresses_from_standard_input_without_dns(tmp_path: Path) -> None:
    many = [f"reader{n}@example.org" for n in range(6000)]
    given = "\n".join(many).encode() + b"\r\n\n\xff\xfe@example.org\n"
    lines = told(run(tmp_path, "--json", "--no-dns", "first@example.org", "-", given=given))
    assert [each["address"] for each in lines[:6001]] == ["first@example.org", *many]
    assert len(lines) == 6002
    assert lines[0]["reasons"] == ["dns-skipped"]


def test_for_people(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-dns", "info@gmial.com", "a\x1b[31m")
    first, second = done.stdout.decode().splitlines()
    assert first.startswith("risky")
    assert first.endswith("Perhaps info@gmail.com was meant.")
    assert "It belongs to a function" in first
    assert "\x1b" not in second


def test_an_argument_that_is_no_text(tmp_path: Path) -> None:
    done = run(tmp_path, "--json", "--no-dns", "caf\udce9@example.org")
    assert told(done)[0]["address"] == "caf\udce9@example.org"


@pytest.mark.parametrize("words", [(), ("--nonsense", "a@example.org"), ("--json",)])
def test_wrong_usage_is_exit_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Usage" in done.stderr


@pytest.mark.parametrize(
    ("key", "value"), [("RESOLVERS", "dns.example"), ("TRAPS", "missing.txt"), ("TIMEOUT", "0"), ("TIMEOUT", "soon")]
)
def test_a_wrong_configuration_is_exit_1_with_a_sentence(tmp_path: Path, key: str, value: str) -> None:
    done = run(tmp_path, "a@example.org", **{f"MAILHUB_VERIFICATION__{key}": value})
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"verification" in done.stderr.lower()
    assert b"Traceback" not in done.stderr


def test_it_is_gone_with_its_plugin(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-dns", "a@example.org", MAILHUB_PLUGINS__DISABLED="verification")
    assert done.returncode != 0
    assert done.stdout == b""
