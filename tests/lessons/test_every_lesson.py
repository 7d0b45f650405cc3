"""Every lesson that is found is run here, with this interpreter, and its claim has to hold on it."""

import sys

import pytest

from harness.commands.lessons import FOLDER
from harness.lessons.lesson import Lesson, find_lessons
from harness.lessons.run import run_lesson

LESSONS = find_lessons(FOLDER)


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_the_claim_holds_on_this_python(lesson: Lesson, image_urls: list[str]) -> None:
    record = run_lesson(lesson, python=sys.executable, urls=image_urls)

    assert record.state == "holds here", record.happened
    assert any(sign.isdigit() for sign in record.happened)
    assert record.figures


def test_every_lesson_of_the_article_is_there() -> None:
    assert {lesson.name for lesson in LESSONS} >= {
        "blocking_file_write",
        "blocking_requests_get",
        "context_variables",
        "default_executor_ceiling",
        "gather_output_order",
        "get_event_loop",
        "nested_asyncio_run",
        "requests_get_or_session",
        "run_in_executor_keywords",
        "sleep_zero",
        "to_thread_without_await",
        "wait_bare_coroutines",
    }
