"""What docs/mail-programs.md prints, so that it can be run: each program's blocks, and the changes to them."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "mail-programs.md"
_BLOCK = re.compile(r"(?:^(?P<caption>[^\n]+):\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Section:
    """`blocks` by language (each once); `changes` are diffs by the line above them, without its colon."""

    blocks: dict[str, str]
    changes: dict[str, str]

    def with_changes(self, *captions: str) -> dict[str, str]:
        """The blocks with these changes; one that the section does not have is none. Fails where one does not fit."""
        blocks = dict(self.blocks)
        for caption in captions:
            if diff := self.changes.get(caption):
                old, new = _side(diff, "-"), _side(diff, "+")
                (language,) = [name for name, text in blocks.items() if old in text]
                assert blocks[language].count(old) == 1, f"{caption}: it is not clear what changes"
                blocks[language] = blocks[language].replace(old, new)
        return blocks


def section(title: str) -> Section:
    """The part of the page below `## title`."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.M | re.S)
    assert found, f"{PAGE.name} has no part {title}"
    blocks = [match.group("caption", "language", "text") for match in _BLOCK.finditer(found[1])]
    return Section(
        {language: text for _, language, text in blocks if language != "diff"},
        {caption: text for caption, language, text in blocks if language == "diff"},
    )


def rows(title: str) -> dict[str, list[str]]:
    """The table below `## title`: first cell → the other ones."""
    found = re.search(rf"^## {re.escape(title)}\n.*?\n\|---.*?\n((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.M | re.S)
    assert found, f"{PAGE.name} has no table below {title}"
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found[1].splitlines()]
    return {first: others for first, *others in cells}


def _side(diff: str, sign: str) -> str:
    return "".join(line[1:] for line in diff.splitlines(keepends=True) if line.startswith(sign))
