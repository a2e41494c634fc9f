"""The house keeps its shape: tests mirror sources, files stay small, names stay ours."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {"mailhub": ROOT / "mailhub", "mobile_api": ROOT / "mobile_api"} | {
    f"plugins/{folder.name}": folder for folder in (ROOT / "plugins").glob("mailhub_*")
}
LONGEST = 320
BANNED = re.compile(r"\b(?:class|def)\s+\w*(?:manager|helper|utils?|subscriber|customer)\w*\b", re.I)


def _python_files() -> list[Path]:
    return [path for folder in SOURCES.values() for path in folder.rglob("*.py")]


def _expected_test(path: Path) -> Path:
    inside = path.relative_to(ROOT)
    return ROOT / "tests" / inside.parent / f"test_{inside.name}"


def _has_code(path: Path) -> bool:
    """Whether a file has a function or a method of its own: tables, words and re-exports need no test file."""
    return bool(re.search(r"^\s*(?:async )?def ", path.read_text("utf-8"), re.M))


def _mirrored(path: Path) -> list[Path]:
    """What a test file may mirror: `test_smtp_client_secure.py` is a second file for `smtp_client.py`."""
    folder = ROOT / path.parent.relative_to(ROOT / "tests")
    words = path.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    own = [folder / "__init__.py"] if folder.name in names else []
    return own + [folder / each for name in names for each in (f"{name}.py", f"{name}/__init__.py", f"__{name}__.py")]


def test_every_source_file_with_code_has_its_test_file() -> None:
    exempt = {"migrations", "__init__.py", "__main__.py", "hookspecs.py", "plugin.py"}
    missing = [
        str(path.relative_to(ROOT))
        for path in _python_files()
        if not exempt & set(path.parts) and _has_code(path) and not _expected_test(path).exists()
    ]
    assert not missing, f"no test file mirrors {missing}"


def test_every_test_file_has_its_source_file() -> None:
    roots = [ROOT / "tests" / name for name in ("mailhub", "mobile_api", "plugins")]
    orphans = []
    for path in (path for root in roots if root.exists() for path in root.rglob("test_*.py")):
        if not any(each.exists() for each in _mirrored(path)):
            orphans.append(str(path.relative_to(ROOT)))
    assert not orphans, f"these test files mirror nothing: {orphans}"


@pytest.mark.parametrize("path", _python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_small_says_what_it_is_for_and_uses_our_words(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith('"""'), "a module begins with what the room is for"
    assert text.count("\n") <= LONGEST or path.parent.name == "migrations", (
        f"{text.count(chr(10))} lines: split it by subject"
    )
    assert not BANNED.search(text), f"{BANNED.search(text)} is not a word of this house"


def test_no_path_of_a_machine_and_no_unfinished_word_is_in_the_project() -> None:
    unfinished = re.compile(r"\b(?:TODO|FIXME|NotImplementedError)\b")
    found = [str(path.relative_to(ROOT)) for path in _python_files() if unfinished.search(path.read_text("utf-8"))]
    assert not found
