"""Load a contender's file and read its contract. It judges nothing that only running can show."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

HTTP = ("1.1", "2")  # versions that the server speaks; who names none speaks the first
UNKNOWN = "unknown"  # version of a distribution whose METADATA has none


class ContractError(Exception):
    """The file is not a contender of its axis; the message says what is missing."""


def load(path: str) -> ModuleType:
    """Execute the file under a name of its own, so that it shadows no other module."""
    spec = importlib.util.spec_from_file_location(f"contender_{abs(hash(path)):x}_{Path(path).stem}", path)
    if spec is None or spec.loader is None:
        raise ContractError("is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_async_client(client: ModuleType) -> bool:
    """A client is async if its context manager is."""
    return inspect.isasyncgenfunction(inspect.unwrap(client.open_client))


def packages_of(module: ModuleType) -> set[str]:
    """Top-level packages from outside the standard library that the file's own names come from."""
    names = {
        value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
        for value in vars(module).values()
    }
    roots = {name.partition(".")[0] for name in names} - {"", "builtins", module.__name__}
    return roots - sys.stdlib_module_names


def _owners(root: str) -> set[str]:
    """Names of the distributions that this top-level name belongs to.

    As ``importlib.metadata.packages_distributions`` tells it; that takes a quarter of a second, for it parses all they say.
    """
    return {
        name
        for distribution, declared, files in _distributions()
        if (root in declared if declared else f"\n{root}/" in files or f"\n{root}." in files)
        and (name := distribution.metadata.get("Name"))  # a folder without METADATA has none
    }


@cache
def _distributions() -> list[tuple[Any, list[str], str]]:
    """Each that is installed, the top-level names that it declares, and its files: a path and more in each line."""
    return [
        (each, (each.read_text("top_level.txt") or "").split(), "\n" + (each.read_text("RECORD") or ""))
        for each in _metadata().distributions()
    ]


def _metadata() -> Any:
    """The module, which is slow to import: only a probe needs it, and never a trial."""
    import importlib.metadata  # noqa: PLC0415

    return importlib.metadata


def interpreter(roots: Iterable[str] = ()) -> dict[str, Any]:
    """Return what runs here: the Python, its build, and the packages that these top-level names need."""
    import platform  # noqa: PLC0415 - as above

    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "python_build": " ".join(platform.python_build()),
        "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
        "packages": versions_with_requirements(roots),
    }


def versions(roots: Iterable[str]) -> dict[str, str]:
    """Distribution -> version, of the distributions that these top-level packages belong to."""
    names = {name for root in roots for name in _owners(root)}
    return {name: _metadata().version(name) or UNKNOWN for name in sorted(names)}


def versions_with_requirements(roots: Iterable[str]) -> dict[str, str]:
    """As ``versions``, with all that these distributions require and that is installed (extras left out)."""
    metadata = _metadata()
    found: dict[str, str] = {}
    queue = list(versions(roots))
    while queue:
        try:
            package = metadata.distribution(queue.pop())
        except metadata.PackageNotFoundError:
            continue  # required on another platform or Python
        if package.name.lower() not in found:
            found[package.name.lower()] = package.version or UNKNOWN
            queue += [
                re.split(r"[^\w.-]", line, maxsplit=1)[0]
                for line in package.requires or ()
                if "extra ==" not in line
            ]
    return dict(sorted(found.items()))


def facts(axis: str, module: ModuleType) -> dict[str, Any]:
    """Return label, modules, fetch, loops, in_flight and http of a contender, or raise ContractError."""
    label = (module.__doc__ or "").strip().partition("\n")[0]
    if not label:
        raise ContractError("has no docstring; its first line is the label in tables and charts")
    return {"label": label, "modules": versions(packages_of(module))} | _AXES[axis](module)


def _client(module: ModuleType) -> dict[str, Any]:
    function = _function(module, "open_client", {"concurrency", "timeout_s", "ca_file"})
    unwrapped = inspect.unwrap(function)
    http = _names(module, "HTTP", HTTP) or HTTP[:1]
    if not set(http) <= set(HTTP):
        raise ContractError(f"has an HTTP that names a version other than {' and '.join(HTTP)}")
    if inspect.isasyncgenfunction(unwrapped):
        loops = _names(module, "LOOPS")
        if not loops:
            raise ContractError('is async and needs LOOPS, for example LOOPS = ("asyncio", "uvloop")')
        return {"fetch": "async", "loops": loops, "in_flight": None, "http": http}
    if inspect.isgeneratorfunction(unwrapped) and function is not unwrapped:
        return {"fetch": "sync", "loops": None, "in_flight": None, "http": http}
    if function is not unwrapped:
        raise ContractError("has an open_client that yields nothing: write yield fetch, not return fetch")
    raise ContractError("needs open_client decorated with @contextmanager or @asynccontextmanager")


def _concurrency(module: ModuleType) -> dict[str, Any]:
    function = _function(module, "download", {"fetch", "urls", "concurrency"})
    fetch = getattr(module, "FETCH", None)
    if fetch not in {"sync", "async"}:
        raise ContractError('needs FETCH = "sync" or FETCH = "async"')
    loops = _names(module, "LOOPS")
    if loops is None:
        raise ContractError('needs LOOPS, for example LOOPS = ("asyncio", "uvloop"), or LOOPS = ()')
    if inspect.iscoroutinefunction(function) != bool(loops):
        raise ContractError("needs an async download if LOOPS names any loop, and a plain one if it is ()")
    if fetch == "async" and not loops:
        raise ContractError("drives an async fetch, so LOOPS cannot be ()")
    in_flight = getattr(module, "IN_FLIGHT", None)
    if in_flight is not None and not (isinstance(in_flight, int) and in_flight > 0):
        raise ContractError("has an IN_FLIGHT that is no positive whole number")
    return {"fetch": fetch, "loops": loops, "in_flight": in_flight}


def _loop(module: ModuleType) -> dict[str, Any]:
    _function(module, "run", {"main"})
    return {"fetch": None, "loops": _names(module, "LOOPS"), "in_flight": None}


_AXES = {"client": _client, "concurrency": _concurrency, "loop": _loop}


def _function(module: ModuleType, name: str, parameters: set[str]) -> Any:
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        raise ContractError(f"has no function {name}")
    missing = parameters - set(inspect.signature(inspect.unwrap(function)).parameters)
    if missing:
        raise ContractError(f"has {name} without the parameter {', '.join(sorted(missing))}")
    return function


def _names(module: ModuleType, name: str, example: tuple[str, ...] = ("asyncio",)) -> tuple[str, ...] | None:
    value = getattr(module, name, None)
    if value is None:
        return None
    if not isinstance(value, tuple) or not all(isinstance(part, str) for part in value):
        raise ContractError(f"has {name} that is no tuple of names such as {example}")
    return value
