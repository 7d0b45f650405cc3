"""Run one lesson: a script for a fresh process. It imports only the standard library and the lesson.

Arguments: the lesson's path, the modules it imports (joined by commas), then the URLs if it wants them.
Answer: one JSON line on standard output; what the lesson prints goes to standard error.
"""

import contextlib
import importlib.metadata
import json
import platform
import runpy
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def observe(path: str, urls: list[str]) -> dict[str, Any]:
    """Load the lesson and let it do its thing; an error becomes the reason why nothing was observed."""
    try:
        lesson = runpy.run_path(path, run_name=Path(path).stem)
        held, happened, figures = lesson["observe"](*([urls] if urls else []))
        numbers = {name: int(value) if isinstance(value, bool) else value for name, value in figures.items()}
        return {"held": bool(held), "happened": str(happened), "figures": numbers}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
        return {"held": None, "happened": f"{type(error).__name__}: {error}", "figures": {}}


def versions(modules: Iterable[str]) -> dict[str, str]:
    """Return the versions of those modules that are not of the standard library; missing are skipped."""
    found = {}
    for name in modules:
        if name not in sys.stdlib_module_names:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[name] = importlib.metadata.version(name)
    return found


def main() -> None:
    """Observe the lesson named on the command line and say what it saw."""
    path, modules, *urls = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):
        seen = observe(path, urls)
    seen |= {"python": platform.python_version(), "packages": versions(modules.split(","))}
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()
