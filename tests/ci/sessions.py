"""The menu as nox itself tells it."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def sessions() -> dict[str, list[str]]:
    """Name of each session, without its Python -> its tags."""
    of_all = ("--list", "--json", "--tags", "use", "prove", "develop")
    command = [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), *of_all]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {load["name"]: load["tags"] for load in json.loads(told)}
