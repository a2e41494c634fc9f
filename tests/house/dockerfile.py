"""A Dockerfile read as its stages and run without Docker: its paths under a folder, its pip in a clean environment."""

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
NETWORK = re.compile(r"proxy|cert|^ssl_|^pip_|^npm_|^node_", re.I)
"""Variables that say how this machine reaches the network; nothing else of its environment is passed on."""
MACHINE_WIDE = ("useradd", "chown")
"""Commands that change the machine they run on: in an image that is its own, here it is somebody's."""


class Image:
    """One build of the Dockerfile under `root`; each stage gets an environment of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {}
        self.command: list[str] = []
        self.health: list[str] = []
        self.skipped: list[str] = []
        self._bin = Path()
        self._work = "/"

    def build(self) -> None:
        """Run every instruction in order; fails the test with the output of a command that fails."""
        for word, rest in _instructions((ROOT / "Dockerfile").read_text("utf-8")):
            getattr(self, f"_{word.lower()}")(rest)

    def path(self, inside: str) -> Path:
        """Where a path of the image is here."""
        return self.root / inside.lstrip("/")

    def variables(self) -> dict[str, str]:
        """The environment its commands run in: nothing of ours but where to find programs."""
        own = {"PATH": f"{self._bin}:/usr/bin:/bin", "HOME": str(self.root), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        kept = {name: value for name, value in os.environ.items() if NETWORK.search(name)}
        return {**kept, **own, **self.environment}

    def _from(self, rest: str) -> None:
        folder = self.root / "environments" / str(len(list((self.root / "environments").glob("*"))))
        venv.create(folder, with_pip=True)
        self._bin = folder / "bin"

    def _workdir(self, rest: str) -> None:
        self._work = rest
        self.path(rest).mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        words = [word for word in rest.split() if not word.startswith("--")]
        source, target = words
        destination = self.path(target if target.startswith("/") else f"{self._work}/{target}")
        if "--from=" in rest:
            shutil.copytree(self.path(source), destination, dirs_exist_ok=True)
        elif source == ".":
            _copy_tracked(destination)
        else:
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, destination)

    def _run(self, rest: str) -> None:
        wanted = [part for part in rest.split(" && ") if part.split()[0] not in MACHINE_WIDE]
        self.skipped += [part for part in rest.split(" && ") if part not in wanted]
        if not wanted:
            return
        line = re.sub(r"(?<=[\s=])/(?=[a-z])", f"{self.root}/", " && ".join(wanted))
        ended = subprocess.run(
            ["/bin/sh", "-ec", line], cwd=self.path(self._work), env=self.variables(), capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, f"RUN {rest}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"

    def _env(self, rest: str) -> None:
        self.environment |= dict(pair.split("=", 1) for pair in rest.split())

    def _cmd(self, rest: str) -> None:
        self.command = _words(rest)

    def _healthcheck(self, rest: str) -> None:
        self.health = _words(rest[rest.index("CMD ") + 4 :])

    def _user(self, rest: str) -> None:
        assert rest != "root"

    def _volume(self, rest: str) -> None:
        assert self.path(rest).is_dir()

    def _expose(self, rest: str) -> None:
        assert all(port.isdigit() for port in rest.split())


def _words(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)


def _instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.M))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def _copy_tracked(destination: Path) -> None:
    """What a clean clone holds, and nothing that was built here."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, destination / name)
