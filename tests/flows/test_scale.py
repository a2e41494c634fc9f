"""Redis that goes and comes back, two machines on one PostgreSQL, a machine taken out, a machine killed whole."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.machines import import_readers, leave, machines, start_campaign, wait_finished
from bench.scale import scale
from mailhub.ids import Node
from mailhub.messages import Message, Queued
from mailhub.permissions import console_actor
from mailhub.sink import Sink
from mailhub.testing import postgres_schema
from tests.flows import story
from tests.flows.server import Server, wait_until
from tests.redis_server import RedisServer


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with postgres_schema(postgres_url) as url:
        yield url


def test_mail_goes_on_by_itself_when_redis_was_gone(tmp_path: Path) -> None:
    with (
        Sink(latency=0.01) as sink,
        RedisServer() as redis,
        Server(
            tmp_path / "server",
            MAILHUB_ENGINE__URL=redis.url,
            MAILHUB_ENGINE__WORKERS="2",
            MAILHUB_DELIVERY__ROUTE="smart_host",
            MAILHUB_DELIVERY__SMART_HOST="127.0.0.1",
            MAILHUB_DELIVERY__SMART_HOST_PORT=str(sink.port),
        ) as server,
    ):
        story.open_account(server)
        story.import_contacts(server, 3000)
        processes = server.pids("worker") + server.pids("scheduler")
        number = story.start_campaign(server)
        for goal in (200, 900):
            wait_until(lambda goal=goal: sink.count > goal, 60, f"{goal} mails")
            redis.stop()
            wait_until(lambda: _is_still(sink), 20, "what was claimed to have left")
            assert sink.count < 3000
            redis.start()
        assert story.wait_finished(server, number, 60)["delivered"] == 3000
        assert len({each.recipient for each in sink.received}) == len(sink.received) == 3000
        assert server.pids("worker") + server.pids("scheduler") == processes
        told = server.log.read_text().splitlines()
    about = [line for line in told if "the engine at redis://127.0.0.1" in line]
    assert 2 <= sum("cannot be used" in line for line in about) <= 6, "two outages, three processes, a sentence each"
    assert 2 <= sum("answers again" in line for line in about) <= 6
    assert not [line for line in told if "Traceback" in line]
    assert redis.password not in "".join(told)


def _is_still(sink: Sink) -> bool:
    before = sink.count
    time.sleep(1)
    return sink.count == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:secret@127.0.0.1:9/0", "mailhub: The engine at redis://127.0.0.1:9/0 cannot be used ("),
        ("amqp://127.0.0.1", "mailhub: The configuration's engine.url is 'amqp://127.0.0.1': write postgresql://"),
    ],
)
def test_a_wrong_engine_is_one_sentence_at_the_start(tmp_path: Path, url: str, words: str) -> None:
    server = Server(tmp_path, MAILHUB_ENGINE__URL=url)
    for role in ("serve", "worker", "scheduler"):
        ended = server.run(role)
        assert ended.returncode == 1
        told = [line for line in ended.stderr.splitlines() if "peewee.migrations" not in line]
        assert len(told) == 1, ended.stderr
        assert told[0].startswith(words)


def test_a_machine_is_taken_out_and_the_other_goes_on(tmp_path: Path, schema: str) -> None:
    """Node numbers and journals are each machine's own; who is drained has nothing left, and nobody gets mail twice."""
    with Sink(latency=0.05) as sink, machines(tmp_path, schema, sink.port, workers=1, connections=4) as both:
        both.start()
        two = both.start()
        hub = both.hub()
        hub.call(console_actor(1), "accounts.create", name="Acme")
        hub.call(console_actor(1), "domains.add", name="bench.example.com")
        import_readers(hub, tmp_path, 1500, "Scale")
        source = start_campaign(hub, "Scale")
        wait_until(lambda: sink.count > 200, 30, "mail to flow")
        numbers = {_machine(each): _numbers(each) for each in both.all}
        assert len(numbers) == 2
        assert all(numbers.values())
        assert not set.intersection(*numbers.values()), "a node number belongs to one machine"
        owners = {row.number: row.machine for row in Node.select()}
        assert all(owners[number] == machine for machine, own in numbers.items() for number in own)

        ended = two.run("worker", "--drain")
        assert ended.returncode == 0, ended.stderr
        assert (
            ended.stdout
            == "The workers have ended: nothing is claimed by this machine, and others go on with what waits.\n"
        )
        assert not Queued.select().where(Queued.holder.in_(numbers[_machine(two)])).exists()
        assert not list((two.folder / "data" / "run").glob("node-*.journal"))
        assert not two.pids("worker")
        assert Queued.select().exists(), "the drained machine left the rest to the other"
        again = two.run("worker", "--drain")
        assert again.stdout.startswith("No workers were running:"), again.stderr
        wait_finished(source, 60)
        assert not two.pids("worker"), "serve does not start what was drained"
        assert two.is_up(), "its pages go on"
        assert len({each.recipient for each in sink.received}) == len(sink.received) == 1500
        assert Message.select().where(Message.outcome == "delivered").count() == 1500
        two.stop()
        two.start()
        wait_until(lambda: two.pids("worker"), 10, "a new start to have workers again")
        leave(hub)


def _machine(server: Server) -> str:
    return (server.folder / "data" / "run" / "machine").read_text()


def _numbers(server: Server) -> set[int]:
    """The node numbers whose journals lie in this machine's folder."""
    return {int(path.stem.removeprefix("node-")) for path in (server.folder / "data" / "run").glob("node-*.journal")}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_machines_send_twice_as_much_share_a_rate_and_one_killed_whole_loses_nothing(
    tmp_path: Path, schema: str
) -> None:
    given = argparse.Namespace(recipients=3000, workers=2, connections=8, latency=0.05)
    result = scale(tmp_path, schema, given)
    assert result.holds(), result
