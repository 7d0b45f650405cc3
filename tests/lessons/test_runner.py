"""The runner: what it finds, what it refuses, and that each lesson has a process of its own."""

import io
import json
import sys
from pathlib import Path

import pytest

from harness.lessons import find_lessons, main_lessons, read_lesson, run_lesson
from harness.lessons.lesson import Lesson
from harness.model import HarnessError

HEAD = '"""Two and two."""\nimport os\nCLAIM = "Two and two is five."\nADVICE = "Count again."\n'


def write(folder: Path, body: str, name: str = "sum") -> Lesson:
    path = folder / f"{name}.py"
    path.write_text(HEAD + body, encoding="utf-8")
    return read_lesson(path)


def run(lesson: Lesson, **options: float) -> tuple[str, str]:
    result = run_lesson(lesson, python=sys.executable, urls=["http://127.0.0.1:9/1.jpg"], **options)
    return result.state, result.happened


def test_a_false_claim_does_not_hold_here(tmp_path: Path) -> None:
    lesson = write(
        tmp_path,
        "def observe():\n    total = 2 + 2\n    return total == 5, f'it is {total}', {'total': total}\n",
    )

    result = run_lesson(lesson, python=sys.executable, urls=())

    assert (result.state, result.happened) == ("does not hold here", "it is 4")
    assert dict(result.figures) == {"total": 4}
    assert result.python == ".".join(map(str, sys.version_info[:3]))


def test_a_lesson_that_breaks_is_not_observed(tmp_path: Path) -> None:
    lesson = write(tmp_path, "import nosuchpackage\ndef observe():\n    return True, '', {}\n")

    assert run(lesson) == ("not observed", "ModuleNotFoundError: No module named 'nosuchpackage'")


def test_a_process_that_dies_is_not_observed(tmp_path: Path) -> None:
    lesson = write(tmp_path, "def observe():\n    os._exit(7)\n")

    assert run(lesson) == ("not observed", "its process ended with exit code 7: ")


def test_a_lesson_that_hangs_is_ended(tmp_path: Path) -> None:
    lesson = write(tmp_path, "def observe():\n    import threading\n    threading.Event().wait()\n")

    assert run(lesson, timeout_s=0.2) == ("not observed", "out of time: no answer within 0.2 s")


def test_each_lesson_has_a_process_of_its_own(tmp_path: Path) -> None:
    lesson = write(tmp_path, "def observe():\n    return True, str(os.getpid()), {}\n")

    assert run(lesson)[1] != run(lesson)[1]


def test_what_a_lesson_prints_is_not_its_answer(tmp_path: Path) -> None:
    lesson = write(tmp_path, "def observe():\n    print('noise')\n    return True, 'quiet', {}\n")

    assert run(lesson) == ("holds here", "quiet")


def test_only_a_lesson_that_asks_gets_urls(tmp_path: Path) -> None:
    asks = write(tmp_path, "def observe(urls):\n    return True, urls[0], {}\n")

    assert asks.wants_urls
    assert run(asks) == ("holds here", "http://127.0.0.1:9/1.jpg")
    assert not write(tmp_path, "def observe():\n    return True, '', {}\n").wants_urls


def test_the_user_s_warning_filters_do_not_reach_a_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    lesson = write(tmp_path, "def observe():\n    import sys\n    return True, str(sys.warnoptions), {}\n")

    assert run(lesson) == ("holds here", "[]")


def test_a_file_without_its_parts_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "half.py"
    path.write_text('CLAIM = "x"\n', encoding="utf-8")

    with pytest.raises(HarnessError, match=r"half\.py: a lesson needs a docstring, ADVICE, observe\(\)"):
        read_lesson(path)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, "def observe():\n    return True, '', {}\n")

    with pytest.raises(HarnessError, match="no lesson is called 'product'; there are: sum"):
        find_lessons(tmp_path, ["product"])


def test_the_command_prints_writes_and_answers(tmp_path: Path) -> None:
    write(tmp_path, "def observe():\n    return 2 + 2 == 5, 'it is 4', {'total': 4}\n")
    page, records, output = tmp_path / "lessons.md", tmp_path / "lessons.json", io.StringIO()

    code = main_lessons(
        python=sys.executable,
        machine={"CPU": "one of a kind"},
        output=output,
        markdown=page,
        json=records,
        folder=tmp_path,
    )

    assert code == 0
    assert output.getvalue() == "sum: does not hold here. it is 4\n"
    assert "**does not hold here**" in page.read_text(encoding="utf-8")
    assert json.loads(records.read_text(encoding="utf-8"))["lessons"][0]["held"] is False


def test_the_command_fails_if_a_lesson_breaks(tmp_path: Path) -> None:
    write(tmp_path, "def observe():\n    raise ValueError('broken')\n")
    output = io.StringIO()

    assert main_lessons(python=sys.executable, machine={}, output=output, folder=tmp_path) == 1
    assert output.getvalue() == "sum: not observed. ValueError: broken\n"
