"""The command ``lessons``: find, serve, run, write. The arguments are parsed elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from harness.files import write_whole
from harness.lessons.lesson import LessonResult, find_lessons
from harness.lessons.render import render_json, render_markdown
from harness.lessons.run import run_lessons
from harness.measure.launch import ROOT
from harness.measure.server import running_server
from harness.workload import Workload

FOLDER = ROOT / "benchmarks" / "lessons"
IMAGES = Workload.of(
    name="lessons", images=20, image_bytes=6144, latency_s=0.05, concurrency=1, sink="memory", seed=1
)


def main_lessons(
    *,
    python: str,
    machine: Mapping[str, str],
    output: TextIO,
    names: Sequence[str] = (),
    markdown: Path | None = None,
    json: Path | None = None,
    folder: Path = FOLDER,
) -> int:
    """Run the lessons and print one line for each.

    Args:
        python: interpreter to run them with.
        machine: facts for the head of the page, label -> text.
        output: where the lines go.
        names: only these lessons; () for all.
        markdown: write the page to this file.
        json: write the records to this file.
        folder: where lessons are found.

    Returns:
        0; 1 if a lesson could not be observed. A claim that does not hold is a result, not a failure.
    """
    lessons = find_lessons(folder, names)
    with _images(wanted=any(one.wants_urls for one in lessons)) as urls:
        results: list[LessonResult] = []
        for result in run_lessons(lessons, python=python, urls=urls):
            output.write(f"{result.lesson.name}: {result.state}. {result.happened}\n")
            results.append(result)
    if markdown:
        write_whole(markdown, render_markdown(results, machine).encode())
    if json:
        write_whole(json, render_json(results, machine).encode())
    return int(any(one.held is None for one in results))


@contextmanager
def _images(*, wanted: bool) -> Iterator[Sequence[str]]:
    """Serve images while lessons run, if any of them wants some."""
    if not wanted:
        yield ()
        return
    with running_server(cpus=()) as server:
        yield server.register(IMAGES).urls
