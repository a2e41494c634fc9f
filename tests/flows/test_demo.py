"""`mailhub serve --demo --once`: a bilingual campaign to 1,000 contacts, from nothing to its counts."""

import re
from pathlib import Path

from tests.flows.server import Server


def test_the_demo_delivers_a_thousand_mails_and_leaves_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    server.folder.mkdir()
    for name in ("MAILHUB_SERVER__DATA", "MAILHUB_DATABASE__URL"):
        server.environment.pop(name, None)
    server.environment["TMPDIR"] = str(server.folder)
    ended = server.run("serve", "--demo", "--once")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"Sign in as demo@example\.com with the password \S+", ended.stdout)
    assert "Delivered 1000, bounced 0, refused 0, waiting 0." in ended.stdout
    assert "Look at it" not in ended.stdout, "the server is gone by then"
    assert not list(server.folder.iterdir()), "the demo's folder is fresh, and gone afterwards"
