"""Finding, loading and checking plugins; asking their hooks so that one plugin's fault stays its own."""

import importlib.util
import logging
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from mailhub import hookspecs
from mailhub.config import Config
from mailhub.errors import UserError

GROUP = "mailhub"
log = logging.getLogger(__name__)


def load(config: Config, only: str = "") -> pluggy.PluginManager:
    """All plugins that are installed or lie in the plugin folder, less the disabled ones, registered and checked.

    With `only`, the one of this name alone, if there is one: for a command that needs no other. Raises `UserError`: a
    disabled name nobody has, a plugin that cannot be imported, a hook that does not exist or has an argument that does
    not exist.
    """
    manager = pluggy.PluginManager("mailhub")
    manager.add_hookspecs(hookspecs)
    found: dict[str, EntryPoint | Path] = {**_installed(), **_in_folder(config)}
    for name in config.plugins.disabled:
        if name not in found:
            raise UserError(f"plugins.disabled names {name}, and there is no such plugin: {_known(found)}.")
    for name in sorted((set(found) & {only} if only else set(found)) - set(config.plugins.disabled)):
        _register(manager, name, _import(name, found[name]))
    _check_hooks(manager)
    return manager


def _known(found: dict[str, Any]) -> str:
    return "known are " + ", ".join(sorted(found)) if found else "none is installed"


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _in_folder(config: Config) -> dict[str, Path]:
    if not config.plugins.folder:
        return {}
    base = config.source.parent if config.source else Path.cwd()
    folder = (base / Path(config.plugins.folder).expanduser()).resolve()
    if not folder.is_dir():
        raise UserError(f"plugins.folder is {folder}, and there is no such folder: make it or correct the path.")
    return {path.stem: path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")}


def _import(name: str, origin: EntryPoint | Path) -> ModuleType:
    try:
        return _import_file(name, origin) if isinstance(origin, Path) else origin.load()
    except (Exception, SystemExit) as error:
        raise UserError(
            f"The plugin {name} cannot be loaded: {error!r}. Mend it, or add it to plugins.disabled."
        ) from error


def _import_file(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"mailhub_folder_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _register(manager: pluggy.PluginManager, name: str, module: ModuleType) -> None:
    try:
        manager.register(module, name)
    except pluggy.PluginValidationError as error:
        raise UserError(f"The plugin {name} does not fit this MailHub: {error}") from error


def _check_hooks(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise UserError(f"A plugin implements a hook that does not exist: {error}") from error


class PluginFault(Exception):
    """A plugin's hook raised: `plugin` is its name, the cause is what it raised."""

    def __init__(self, plugin: str, hook: str, cause: Exception) -> None:
        super().__init__(f"plugin {plugin} failed in {hook}: {cause!r}")
        self.plugin = plugin


def each(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
    """Ask every plugin in turn: (plugin's name, its answer). Raises `PluginFault` at the first that fails."""
    for impl in reversed(getattr(manager.hook, hook).get_hookimpls()):
        try:
            answer = impl.function(*(arguments[name] for name in impl.argnames))
        except Exception as error:
            raise PluginFault(impl.plugin_name, hook, error) from error
        yield impl.plugin_name, answer


def each_safely(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
    """As `each`; a plugin that fails is logged by its name and left out, the others are still asked."""
    for impl in reversed(getattr(manager.hook, hook).get_hookimpls()):
        try:
            answer = impl.function(*(arguments[name] for name in impl.argnames))
        except Exception:
            log.exception("plugin %s failed in %s", impl.plugin_name, hook)
            continue
        yield impl.plugin_name, answer


def describe(manager: pluggy.PluginManager) -> list[tuple[str, str, list[str]]]:
    """For `mailhub plugins`: each plugin's name, file and the hooks it answers."""
    described = []
    for name, module in sorted(manager.list_name_plugin()):
        hooks = sorted(caller.name for caller in manager.get_hookcallers(module) or [])
        described.append((name, str(getattr(module, "__file__", "")), hooks))
    return described


def migrations(manager: pluggy.PluginManager) -> dict[str, Path]:
    """The migrations folder beside each plugin's module, of those that have one."""
    folders = {
        name: Path(file).parent / "migrations"
        for name, module in manager.list_name_plugin()
        if (file := getattr(module, "__file__", None))
    }
    return {name: folder for name, folder in folders.items() if folder.is_dir() and any(folder.glob("[0-9]*.py"))}
