"""The command `mailhub` without a second of loading each time: one process has everything loaded and forks for each.

What runs is `mailhub.cli.main` in a process of its own, with the environment, folder and outputs it is given.
"""

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Shell:
    """A process that waits for commands; it ends with whoever began it."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")])
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.shell"],
            env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self, words: tuple[str, ...], environment: dict[str, str], folder: Path
    ) -> "subprocess.CompletedProcess[str]":
        """`mailhub` with these words."""
        with tempfile.TemporaryDirectory() as outputs, self._one_at_a_time:
            asked = {"words": words, "environment": environment, "folder": str(folder), "outputs": outputs}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            said = [(Path(outputs) / name).read_text("utf-8") for name in ("stdout", "stderr")]
        return subprocess.CompletedProcess(("mailhub", *words), code, *said)


@cache
def shell() -> Shell:
    """The one of this process."""
    return Shell()


def _become(words: list[str], environment: dict[str, str], folder: str, outputs: str) -> None:
    for number, name in ((1, "stdout"), (2, "stderr")):
        with (Path(outputs) / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    from mailhub.cli import main

    code = 1
    try:
        main(words, prog_name="mailhub")
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # a tidy end of all that was loaded takes longer than most actions


def _wait_for_words() -> None:
    for entry in entry_points(group="mailhub"):
        entry.load()
    importlib.import_module("mailhub.cli.doing")
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _wait_for_words()
