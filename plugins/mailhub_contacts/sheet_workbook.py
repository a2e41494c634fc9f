"""Workbooks (xls, xlsx, ods and their kin) as flat text files: made once, then read, resumed and measured like any csv."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from mailhub.errors import UserError
from mailhub_contacts import sheet_kinds, sheet_unpack

logger = logging.getLogger(__name__)

_ROOT = Path(sheet_unpack.__file__).parents[1]
_SCRIPT = (
    "import sys; sys.path.insert(0, sys.argv[1]); from mailhub_contacts.sheet_unpack import main; "
    "sys.exit(main(*sys.argv[2:]))"
)
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


def flatten(path: Path, name: str, folder: Path | None, kind: str = "", page: str = "") -> Flat:
    """Return the workbook at path as a flat file in folder, made if it is not there yet.

    Without a folder it is a temporary file, which the caller removes. `kind` is one of `sheet_kinds.WORKBOOKS`, `page`
    the sheet that is wanted, if not the first with rows. Raises UserError when the workbook is locked,
    damaged, without rows, or asks for more memory or time than one file is given.
    """
    page_mark = f".{zlib.crc32(page.encode()):x}" if page else ""
    target = folder and folder / f"{path.name[:100]}.{path.stat().st_size:x}.{path.stat().st_mtime_ns:x}{page_mark}.csv"
    if target and target.exists():
        return _describe(target)
    made = _make(path, name, folder, kind, page)
    if target:  # renamed when whole: a crash never leaves half a sheet under this name
        made = made.replace(target)
    return _describe(made)


def _make(path: Path, name: str, folder: Path | None, kind: str, page: str) -> Path:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(prefix="mailhub-sheet-", suffix=".part", dir=folder)
    os.close(handle)
    try:
        _run(path, name, made, kind, page)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    return Path(made)


def _run(path: Path, name: str, made: str, kind: str, page: str) -> None:
    command = [sys.executable, "-P", "-c", _SCRIPT, str(_ROOT), str(path.absolute()), made, kind, page]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise sheet_kinds.too_large(name) from None
    if ended.returncode != 0:
        logger.info("a workbook was not unpacked, code %d: %s", ended.returncode, ended.stderr[-500:])
        raise _refusal(ended.returncode, ended.stderr, name, page)


def _refusal(code: int, said: bytes, name: str, page: str) -> UserError:
    if code == sheet_unpack.LOCKED:
        return sheet_kinds.locked(name)
    if code == sheet_unpack.NO_PAGE:
        return UserError("{name} has no sheet {page}: write the name of one that it has.", name=name, page=page)
    if code == sheet_unpack.EMPTY:
        return sheet_kinds.no_rows(name)
    if code == sheet_unpack.TOO_LARGE or code < 0 or b"memory" in said:
        return sheet_kinds.too_large(name)
    return sheet_kinds.damaged(name)


def _describe(target: Path) -> Flat:
    with target.open("rb") as file:
        told = json.loads(line := file.readline())
    return Flat(target, len(line), told["sheet"], tuple(told["others"]), told["rows"])
