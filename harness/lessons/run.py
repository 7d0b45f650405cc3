"""Run lessons, each in a process of its own. It starts no server: URLs are given."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from harness.lessons.lesson import Lesson
from harness.measure.processes.variables import clean_environment
from harness.quotes import LessonRecord
from harness.text import last_line, printable_values

OBSERVER = Path(__file__).with_name("observer.py")
TIMEOUT_S = 30.0
_RECORD = TypeAdapter(LessonRecord)


def run_lessons(lessons: Iterable[Lesson], *, python: str, urls: Sequence[str]) -> Iterator[LessonRecord]:
    """Yield each lesson's record as it comes; one after the other, because lessons take times."""
    for lesson in lessons:
        yield run_lesson(lesson, python=python, urls=urls)


def run_lesson(
    lesson: Lesson, *, python: str, urls: Sequence[str], timeout_s: float = TIMEOUT_S
) -> LessonRecord:
    """Run one lesson in a fresh process.

    Args:
        lesson: what to run.
        python: interpreter to run it with; it needs only what the lesson imports.
        urls: images for a lesson that wants some.
        timeout_s: a lesson that takes longer is ended and "not observed".
    """
    arguments = [str(lesson.path.resolve()), ",".join(lesson.modules), *(urls if lesson.wants_urls else ())]
    try:
        # A warning filter or debug flag of the user's would change the facts.
        with clean_environment() as clean:
            done = subprocess.run(
                [python, "-P", str(OBSERVER), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=clean,
                cwd=clean["HOME"],
                timeout=timeout_s,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return _unseen(lesson, f"out of time: no answer within {timeout_s:g} s")
    if done.returncode:
        ended = f"its process ended with exit code {done.returncode}: {last_line(done.stderr)}"
        return _unseen(lesson, ended)
    try:
        return _record(lesson, json.loads(done.stdout))
    except (ValueError, TypeError, RecursionError):
        return _unseen(lesson, "its process gave no valid answer")


def _record(lesson: Lesson, answer: Mapping[str, Any]) -> LessonRecord:
    """Put what the file says and what its process answered into one record, fit to be shown and to be read again."""
    texts = ("name", "title", "claim", "advice", "python_note")
    said = {name: getattr(lesson, name) for name in texts}
    return _RECORD.validate_python(printable_values(said | dict(answer)))


def _unseen(lesson: Lesson, reason: str) -> LessonRecord:
    return _record(
        lesson, {"held": None, "happened": reason, "figures": {}, "python": "unknown", "packages": {}}
    )
