"""Workbooks (xls, xlsx, ods) as flat text files: made once, then read, resumed and measured like any csv."""

import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mailhub.errors import UserError
from mailhub_contacts import sheet_kinds, sheet_unpack

logger = logging.getLogger(__name__)

_SCRIPT = Path(sheet_unpack.__file__)
_PATIENCE = 4 * sheet_unpack.MAX_SECONDS  # wall-clock seconds: on a busy machine processor seconds take longer


@dataclass(frozen=True)
class Flat:
    """A workbook's first sheet with rows, as UTF-8 text with `;`.

    `start` is the byte where its rows begin, `others` the names of the sheets that are not read, `rows` its height.
    """

    path: Path
    start: int
    sheet: str
    others: tuple[str, ...]
    rows: int


def flatten(path: Path, name: str, folder: Path | None) -> Flat:
    """Return the workbook at path as a flat file in folder, made if it is not there yet.

    Without a folder it is a temporary file, which the caller removes. Raises UserError when the workbook is locked,
    damaged, without rows, or asks for more memory or time than one file is given.
    """
    target = folder and folder / f"{path.name[:100]}.{path.stat().st_size:x}.{path.stat().st_mtime_ns:x}.csv"
    if target and target.exists():
        return _describe(target)
    made = _make(path, name, folder)
    if target:  # renamed when whole: a crash never leaves half a sheet under this name
        made = made.replace(target)
    return _describe(made)


def _make(path: Path, name: str, folder: Path | None) -> Path:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix="mailhub-sheet-", suffix=".part", dir=folder)
    os.close(handle)
    try:
        _run(path, name, made)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    return Path(made)


def _run(path: Path, name: str, made: str) -> None:
    command = [sys.executable, "-P", str(_SCRIPT), str(path.absolute()), made]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise sheet_kinds.too_large(name) from None
    if ended.returncode != 0:
        logger.info("a workbook was not unpacked, code %d: %s", ended.returncode, ended.stderr[-500:])
        raise _refusal(ended.returncode, ended.stderr, name)


def _refusal(code: int, said: bytes, name: str) -> UserError:
    if code == sheet_unpack.LOCKED:
        return sheet_kinds.locked(name)
    if code == sheet_unpack.EMPTY:
        return sheet_kinds.no_rows(name)
    if code == sheet_unpack.TOO_LARGE or code < 0 or b"memory" in said:
        return sheet_kinds.too_large(name)
    return sheet_kinds.damaged(name)


def _describe(target: Path) -> Flat:
    with target.open("rb") as file:
        told = json.loads(line := file.readline())
    return Flat(target, len(line), told["sheet"], tuple(told["others"]), told["rows"])
