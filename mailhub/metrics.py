"""What the processes of this machine counted: one small file each, added up when somebody asks.

A count costs two microseconds and is meant for batches, never for single messages. The files outlive their
processes: a living one holds its file's lock, a dead one's numbers are added to `past.json`. `web.metrics` shows them all.
"""

import contextlib
import fcntl
import json
import os
import struct
import threading
import time
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

COUNTED: dict[str, tuple[str, str]] = {
    "mailhub_messages": (
        "Messages that passed a stage, once for every pass: one tried again is claimed and signed again",
        "submitted admitted refused claimed rendered signed delivered deferred bounced expired cancelled settled returned",
    ),
    "mailhub_events": (
        "Events taken into the counters, which follow the ledger, by kind",
        "delivered deferred bounced refused expired cancelled opened clicked unsubscribed complained other",
    ),
    "mailhub_smtp": (
        "What SMTP listeners did: connections, messages accepted (250), refused for good (5xx) or for now (4xx)",
        "connections accepted refused postponed",
    ),
    "mailhub_inbound": (
        "Received mail understood: returned (bounces, complaints, notices), handed to a plugin, kept for staff, failed",
        "returned handed kept failed",
    ),
    "mailhub_work": (
        "Rounds of the engine: slices of delivery and of jobs, failed jobs, sweeps, tasks queued by them, nodes freed",
        "slices jobs jobs_failed sweeps queued nodes_freed held",
    ),
    "mailhub_tracking": ("Opens and clicks written, and failed writes that are tried again", "written write_failed"),
}
"""Counters: family → (what it says, its stages). A stage's name in `count` is the word, or `family.word` where two have it."""

SPENT = (
    "CPU seconds spent in a stage, by the threads that worked in it",
    "submit claim admit render sign deliver settle accept job count sweep track",
)
SPENT_FAMILY = "mailhub_cpu_seconds"

SEEN: dict[str, tuple[str, str, tuple[float, ...]]] = {
    "mailhub_message_seconds": (
        "Seconds from a message's submission to its final outcome, by stream",
        "bulk transactional system",
        (0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400),
    ),
    "mailhub_sweep_seconds": ("Seconds a sweep took", "sweep", (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 1, 5)),
}
"""Histograms: family → (what it says, its words, the upper ends of its buckets)."""

LEVELS: dict[str, str] = {
    "connections_out": "Connections open to other mail servers",
    "connections_in": "Connections open to the SMTP listeners",
    "lanes": "Lanes open: destinations mail leaves to, by route, local address and worker",
    "lanes_blocked": "Destinations that could not be reached or refuse us, and are left alone for a while, by worker",
    "lanes_slowed": "Destinations that asked for less and get mail more slowly, by worker",
    "messages_resolving": "Messages that wait for DNS to say where their mail goes",
}
"""What is so at this moment, added up over living processes."""


class Slot(NamedTuple):
    """One number of a file: `kind` is counted, spent, seen or level; `part` a bucket, `sum`, or nothing."""

    kind: str
    family: str
    word: str
    part: str = ""


def _slots() -> Iterator[Slot]:
    for family, (_, words) in COUNTED.items():
        yield from (Slot("counted", family, word) for word in words.split())
    yield from (Slot("spent", SPENT_FAMILY, word) for word in SPENT[1].split())
    for family, (_, words, ends) in SEEN.items():
        for word in words.split():
            yield from (Slot("seen", family, word, part) for part in (*map(str, ends), "+Inf", "sum"))
    yield from (Slot("level", f"mailhub_{word}", word) for word in LEVELS)


SLOTS = tuple(_slots())
_LAYOUT = f"{zlib.crc32(repr(SLOTS).encode()):08x}"
_NUMBER = struct.Struct("d")
_SIZE = _NUMBER.size * len(SLOTS)
_PLACES = {slot: place for place, slot in enumerate(SLOTS)}


def _count_places() -> dict[str, int]:
    """`word` → place for what is counted, where the first family that has a word owns it; `family.word` for all."""
    places: dict[str, int] = {}
    for place, slot in enumerate(SLOTS):
        if slot.kind == "counted":
            places.setdefault(slot.word, place)
            places[f"{slot.family.removeprefix('mailhub_')}.{slot.word}"] = place
    return places


_COUNT = _count_places()
_SPENT = {slot.word: place for place, slot in enumerate(SLOTS) if slot.kind == "spent"}
_LEVEL = {slot.word: place for place, slot in enumerate(SLOTS) if slot.kind == "level"}


class _Book:
    """This process's numbers: in memory, and each also in its place of a file, once a folder is known.

    A disk that is full or cannot be written costs the numbers, never the work that was counted.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._folder: Path | None = None
        self._forget()

    def add(self, place: int, amount: float) -> None:
        with self._guard:
            self._write(place, self._values[place] + amount)

    def put(self, place: int, amount: float) -> None:
        with self._guard:
            self._write(place, amount)

    def keep_in(self, folder: Path) -> None:
        with self._guard:
            if folder != self._folder:
                self._forget()
                self._folder = folder

    def forked(self) -> None:
        """In a child: the parent's file is the parent's."""
        self._guard = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._values = array("d", bytes(_SIZE))
        self._file: IO[bytes] | None = None  # closed, and with it unlocked, when nobody has it any more
        self._again_at = 0.0

    def _write(self, place: int, value: float) -> None:
        self._values[place] = value
        with contextlib.suppress(OSError):
            if self._file is not None:
                os.pwrite(self._file.fileno(), _NUMBER.pack(value), _NUMBER.size * place)
            elif self._folder is not None and time.monotonic() >= self._again_at:
                self._again_at = time.monotonic() + 10
                self._file = self._open(self._folder)

    def _open(self, folder: Path) -> IO[bytes]:
        """A new file, locked before it has the name others look for: unlocked, it would be taken for a dead process's."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{_LAYOUT}-{os.getpid()}-{time.monotonic_ns()}"
        draft = folder / f"{name}.new"
        file = draft.open("w+b", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(self._values.tobytes())
        draft.rename(folder / f"{name}.counts")
        return file


_book = _Book()
os.register_at_fork(after_in_child=_book.forked)


def keep_in(folder: Path) -> None:
    """Keep what this process counts in files of `folder` (made at the first count), where `read` finds it."""
    _book.keep_in(folder)


def count(stage: str, n: float = 1) -> None:
    """Add `n` to a stage of `COUNTED`: `count("claimed", 500)`, `count("smtp.refused")`. Raises KeyError for another."""
    _book.add(_COUNT[stage], n)


def spent(stage: str, seconds: float) -> None:
    """Add CPU seconds to a stage of `SPENT`. Raises KeyError for another."""
    _book.add(_SPENT[stage], seconds)


@contextlib.contextmanager
def spending(stage: str) -> Iterator[None]:
    """Add to a stage the CPU seconds that this thread spends in the block."""
    place, began = _SPENT[stage], time.thread_time()
    try:
        yield
    finally:
        _book.add(place, time.thread_time() - began)


def seen(family: str, word: str, seconds: float, n: float = 1) -> None:
    """Put `n` observations of about `seconds` into a histogram of `SEEN`. Raises KeyError for another."""
    end = next((str(end) for end in SEEN[family][2] if seconds <= end), "+Inf")
    _book.add(_PLACES[Slot("seen", family, word, end)], n)
    _book.add(_PLACES[Slot("seen", family, word, "sum")], seconds * n)


def level(name: str, value: float) -> None:
    """Say what one of `LEVELS` is in this process now. Raises KeyError for another."""
    _book.put(_LEVEL[name], value)


def read(folder: Path) -> dict[Slot, float]:
    """What all processes counted since the folder was made, the dead ones too. Levels are of living ones alone."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "read.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        past = _Past(folder / "past.json")
        living = [0.0] * len(SLOTS)
        for path in sorted(folder.glob("*.counts")):
            _read_one(path, past, living)
    return {slot: past.values.get("|".join(slot), 0.0) + living[place] for place, slot in enumerate(SLOTS)}


class _Past:
    """What dead processes counted, by the slots' names: they survive a change of the layout."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept: Any = json.loads(path.read_text()) if path.exists() else {"last": "", "values": {}}
        self.last: str = kept["last"]
        self.values: dict[str, float] = kept["values"]

    def take(self, path: Path, numbers: "array[float]") -> None:
        """Add a dead process's numbers and remove its file. A kill between the two adds nothing twice."""
        if path.name != self.last:
            for slot, value in zip(SLOTS, numbers, strict=True):
                if value and slot.kind != "level":
                    self.values["|".join(slot)] = self.values.get("|".join(slot), 0.0) + value
            self.last = path.name
            draft = self._path.with_suffix(".new")
            draft.write_text(json.dumps({"last": self.last, "values": self.values}))
            draft.replace(self._path)
        path.unlink()


def _read_one(path: Path, past: _Past, living: list[float]) -> None:
    with path.open("rb") as file:
        dead = _is_unlocked(file)  # asked first: what is read of a dead one is its last word
        content = file.read()
    if len(content) != _SIZE or not path.name.startswith(_LAYOUT):
        if dead:  # another version's: nobody can tell its numbers apart any more
            path.unlink()
        return
    numbers = array("d", content)
    if dead:
        past.take(path, numbers)
        return
    for place, value in enumerate(numbers):
        living[place] += value


def _is_unlocked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
