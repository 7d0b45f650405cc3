"""Run the article's claims and traps, each in a fresh process, and say what happened here."""

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import quotes
from harness.files import refuse_unwritable, write_whole
from harness.lessons.lesson import find_lessons
from harness.lessons.render import render_json, render_markdown
from harness.lessons.run import run_lessons
from harness.locks import machine_lock
from harness.measure.machine import cpu_split, fingerprint
from harness.measure.processes.launch import ROOT
from harness.measure.server import running_server
from harness.measure.worker.contender import interpreter
from harness.quotes import LessonRecord
from harness.session.console import to_errors, to_output
from harness.session.exits import FAILED, FINE
from harness.session.options import add_results_option
from harness.workload import Workload

FOLDER = ROOT / "benchmarks" / "lessons"
IMAGES = Workload.of(
    name="lessons", images=20, image_bytes=6144, latency_s=0.05, concurrency=1, sink="memory", seed=1
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lessons``."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these lessons (default: all)")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write the page to this file")
    add_results_option(parser, "where the records of all lessons are kept for later reports")


def run(options: argparse.Namespace) -> int:
    """Run them and print one line for each; a claim that does not hold is a result, not a failure."""
    lessons = find_lessons(FOLDER, options.names)
    if not options.names:
        refuse_unwritable(options.results)
    if options.markdown:
        refuse_unwritable(options.markdown.parent)
    records: list[LessonRecord] = []
    console = to_output()
    with (
        machine_lock(to_errors().say),
        _image_urls(wanted=any(lesson.wants_urls for lesson in lessons)) as urls,
    ):
        for record in run_lessons(lessons, python=sys.executable, urls=urls):
            console.say(f"{record.name}: {record.state}. {record.happened}")
            records.append(record)
    machine = _machine()
    if options.markdown:
        write_whole(options.markdown, render_markdown(records, machine).encode())
    if not options.names:
        folder = quotes.article_folder(options.results, "lessons", platform.python_version())
        write_whole(folder / "lessons.json", render_json(records, machine).encode())
    return FAILED if any(record.held is None for record in records) else FINE


def _machine() -> dict[str, str]:
    """Facts for the head of the page, label -> text."""
    facts = fingerprint(interpreter(), *cpu_split())
    return {
        "processor": f"{facts['cpu']}, {facts['cpus']} CPUs",
        "system": str(facts["kernel"]),
        "Python": str(facts["python"]),
    }


@contextmanager
def _image_urls(*, wanted: bool) -> Iterator[Sequence[str]]:
    """Serve images while lessons run, if any of them wants some."""
    if not wanted:
        yield ()
        return
    with running_server(cpus=()) as server:
        yield server.register(IMAGES).urls
