"""Bad input gets one clear sentence at its door, and nothing is lost."""

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.flows.conftest import Start
from tests.flows.server import Server
from tests.flows.story import open_account, write_contacts


def _refused(server: Server, *words: str) -> str:
    ended = server.say(*words) if words[0] == "do" else server.run(*words)
    assert ended.returncode == 1, f"{words}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.removeprefix("mailhub: ").strip()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path / "server")
    made.folder.mkdir()
    return made


def test_a_configuration_key_that_does_not_exist(server: Server) -> None:
    (server.folder / "config.toml").write_text("[web]\nprot = 80\n")
    assert _refused(server, "serve") == "The configuration has a key web.prot that does not exist: did you mean port."


def test_a_plugin_that_is_not_found(server: Server) -> None:
    server.environment["MAILHUB_PLUGINS__DISABLED"] = "telepathy"
    assert "plugins.disabled names telepathy, and there is no such plugin" in _refused(server, "serve")


def test_a_port_in_use(server: Server) -> None:
    with socket.create_server(("127.0.0.1", server.web)):
        said = _refused(server, "serve")
    assert f"Port {server.web} on 127.0.0.1 cannot be used" in said
    assert "web.port" in said


def test_a_database_from_a_newer_version(server: Server) -> None:
    assert server.run("migrate").returncode == 0
    with sqlite3.connect(server.folder / "data" / "mailhub.sqlite") as database:
        database.execute("INSERT INTO migrations_core (name, applied) VALUES ('9999_tomorrow', '2099-01-01')")
    assert "written by a newer MailHub" in _refused(server, "serve")


def test_an_unknown_action_and_a_broken_command_line(server: Server) -> None:
    assert "There is no action campaigns.explode" in _refused(server, "do", "campaigns.explode")
    assert server.run("do", "lists.list", "nonsense").returncode == 2
    assert server.run("serve", "--once").returncode == 2


def test_files_and_addresses_and_campaigns(start: Start) -> None:
    server = start()
    open_account(server)
    (server.folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    _refused(server, "do", "contacts.analyse", f"file=@{server.folder / 'picture.csv'}")
    (server.folder / "names.csv").write_text("name;city\nAda;Lyon\nBob;Paris\n")
    assert "mail" in _refused(server, "do", "contacts.analyse", f"file=@{server.folder / 'names.csv'}").lower()
    assert "There is no file" in _refused(server, "do", "contacts.analyse", "file=@nowhere.csv")
    assert "@" in _refused(server, "do", "contacts.create", "address=nobody")
    sheet = write_contacts(server.folder / "contacts.csv", 5)
    server.do("contacts.import", f"file=@{sheet}", "lists=Spring", "--wait")
    sender = "from=info@news.example.com"
    server.do("campaigns.create", "name=Nobody", "subject=Hi", "body=Hello", sender, "language=en")
    assert "audience" in _refused(server, "do", "campaigns.validate", "which=Nobody").lower()
    server.do(
        "campaigns.create", "name=Broken", "subject=Hi", "body=<p>Hello\n {{ display | upercase }} "
        "<a href='{{ unsubscribe_url }}'>out</a></p>", "editor=html", sender, "language=en", "audience=Spring",
    )  # fmt: skip
    said = _refused(server, "do", "campaigns.validate", "which=Broken")
    assert "line 2" in said
    assert "column" in said
    server.do(
        "campaigns.create", "name=Bound", "subject=Hi", "body=<p>Hello</p>", "editor=html", sender, "language=en",
        "audience=Spring",
    )  # fmt: skip
    assert "unsubscribe" in _refused(server, "do", "campaigns.validate", "which=Bound").lower()
    assert {each["state"] for each in server.do("campaigns.list")} == {"draft"}
