"""Rows out of a text file: a stream in batches with bounded memory, which goes on from any place it has told.

Broken quotes never swallow rows: the line where they begin is read as plain text and the next line is a row again.
"""

import csv
import io
from collections import deque
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from mailhub_contacts.columns import looks_like_address
from mailhub_contacts.sheet_encoding import STRAY

SEPARATORS = ";,\t|"
"""What may stand between cells; the first is the one taken when nothing in the file decides."""

_CHUNK = 256 * 2**10
_LONGEST_LINE = 2**20  # bytes; a longer one is cut, so that a file without line ends stays within bounds
_LONGEST_RECORD = 2**20  # bytes over all its lines; quotes that hold more are taken for broken
_LONGEST_BATCH = 16 * 2**20  # bytes, however few rows that is
_LONGEST_CELL = 32_767
_SAMPLE_LINES = 200
_NOISE = {0: None, 26: None}  # NUL, which no database takes, and the end mark of old programs


class Records:
    """The rows of a text file from one place on.

    `offset` is the byte where the next row begins and `row` its number, counted from 1 as the person's program does.
    Use as a context manager: it keeps the file open.
    """

    def __init__(self, path: Path, encoding: str, separator: str, spaced: bool, offset: int, row: int) -> None:
        self.offset, self.row = offset, row
        self._file = path.open("rb")
        self._encoding, self._separator, self._spaced = encoding, separator, spaced
        self._lines = _read_lines(self._file, encoding)
        self._seek(offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lines.close()
        self._file.close()

    def take(self, size: int) -> list[list[str]]:
        """Return the next rows: at most `size`, fewer when they are very long, none at the end of the file.

        An empty line is an empty row.
        """
        start = self.offset
        self._enough = start + _LONGEST_BATCH
        try:
            rows = list(islice(self._reader, size))
        except csv.Error:
            self._seek(start)
            rows = self._take_with_care(size)
        self.row += len(rows)
        return rows

    def _seek(self, offset: int) -> None:
        self.offset = self._enough = offset
        self._lines.close()
        self._file.seek(offset)
        self._lines = _read_lines(self._file, self._encoding)
        self._reader = self._read(self._counted())

    def _counted(self) -> Iterator[str]:
        for size, line in self._lines:
            self.offset += size
            if self.offset > self._enough:
                raise csv.Error("a batch is long enough")
            yield line

    def _read(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._separator, skipinitialspace=self._spaced, strict=True)

    def _take_with_care(self, size: int) -> list[list[str]]:
        rows: list[list[str]] = []
        waiting: deque[tuple[int, str]] = deque()
        enough = self.offset + _LONGEST_BATCH
        while len(rows) < size and self.offset < enough:
            read: list[tuple[int, str]] = []
            try:
                row = next(self._read(_feed(waiting, self._lines, read)), None)
            except csv.Error:
                row = self._mend(read[0][1])
                waiting.extendleft(reversed(read[1:]))
                del read[1:]
            if row is None:
                break
            self.offset += sum(length for length, _ in read)
            rows.append(row)
        self._seek(self.offset)
        return rows

    def _mend(self, line: str) -> list[str]:
        """Read one line whose quotes are wrong: those that come in pairs are taken off, others stay as typed."""
        if line.count('"') % 2 == 0:
            try:
                return next(csv.reader([line], delimiter=self._separator))
            except csv.Error:
                pass
        return [cell[:_LONGEST_CELL] for cell in line.rstrip("\r\n").split(self._separator)]


def detect_separator(lines: list[str]) -> str:
    """Return the separator that best explains the first lines of a file.

    It is the one that sets most e-mail addresses alone in a cell, then the one that cuts most lines into the same
    number of cells; `;` when several do as well.
    """
    sample = [line for line in lines if line.strip()][:_SAMPLE_LINES]
    return max(SEPARATORS, key=lambda separator: _fitness(sample, separator))


def is_spaced(lines: list[str], separator: str) -> bool:
    """Tell whether blanks follow the separators, as in `"a", "b"`, so that the quotes after them count as quotes."""
    return any(f'{separator} "' in line for line in lines[:_SAMPLE_LINES])


def first_lines(path: Path, encoding: str, offset: int) -> list[str]:
    """Return some lines from the beginning of a file, enough to tell its form."""
    with path.open("rb") as file:
        file.seek(offset)
        return [line for _, line in islice(_read_lines(file, encoding), _SAMPLE_LINES)]


def _fitness(lines: list[str], separator: str) -> tuple[int, float, int]:
    rows = _loosely(lines, separator)
    widths = [len(row) for row in rows]
    usual = max(set(widths), key=widths.count, default=1)
    alone = sum(any(map(looks_like_address, row[:50])) for row in rows)
    return alone, widths.count(usual) / len(widths) if usual > 1 else 0, usual


def _loosely(lines: list[str], separator: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader([line[:10_000] for line in lines], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        rows = [line.split(separator) for line in lines]
    return rows


def _feed(
    waiting: deque[tuple[int, str]], lines: Iterator[tuple[int, str]], read: list[tuple[int, str]]
) -> Iterator[str]:
    """Yield the lines of one row, those put back first, and note in `read` which were asked for."""
    length = 0
    while line := waiting.popleft() if waiting else next(lines, None):
        read.append(line)
        length += line[0]
        if length > _LONGEST_RECORD and len(read) > 1:
            raise csv.Error("the quotes hold too much")
        yield line[1]


def _read_lines(file: io.BufferedReader, encoding: str) -> Generator[tuple[int, str], None, None]:
    """Yield each line with its length in bytes; it may end in LF, CR or both."""
    if encoding.startswith("utf-16"):
        yield from _read_wide_lines(file, encoding)
        return
    for line in _split(file):
        text = line.decode(encoding, STRAY)
        yield len(line), text.translate(_NOISE) if b"\0" in line or b"\x1a" in line else text


def _split(file: io.BufferedReader) -> Iterator[bytes]:
    """Yield lines; the last of each chunk waits for the next, since a CR there may have its LF in the next."""
    rest = b""
    while chunk := file.read(_CHUNK):
        lines = (rest + chunk).splitlines(True)
        rest = lines.pop()
        yield from lines
        if len(rest) > _LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _read_wide_lines(file: io.BufferedReader, encoding: str) -> Iterator[tuple[int, str]]:
    text = io.TextIOWrapper(file, encoding, "replace", newline="")
    try:
        while line := text.readline(_LONGEST_LINE):
            yield len(line.encode(encoding, "surrogatepass")), line.translate(_NOISE)
    finally:
        text.detach()
