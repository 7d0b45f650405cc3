"""The runner: what it finds, what it refuses, and that each lesson has a process of its own."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from harness.cli import main
from harness.commands import lessons
from harness.lessons.lesson import Lesson, find_lessons, read_lesson
from harness.lessons.run import run_lesson
from harness.model import HarnessError

HEAD = '"""Two and two."""\nimport os\nCLAIM = "Two and two is five."\nADVICE = "Count again."\n'


def write(folder: Path, body: str, name: str = "sum") -> Lesson:
    path = folder / f"{name}.py"
    path.write_text(HEAD + body, encoding="utf-8")
    return read_lesson(path)


def run(lesson: Lesson, **options: float) -> tuple[str, str]:
    record = run_lesson(lesson, python=sys.executable, urls=["http://127.0.0.1:9/1.jpg"], **options)
    return record.state, record.happened


def test_a_false_claim_does_not_hold_here(tmp_path: Path) -> None:
    lesson = write(
        tmp_path,
        "def observe():\n    total = 2 + 2\n    return total == 5, f'it is {total}', {'total': total}\n",
    )

    record = run_lesson(lesson, python=sys.executable, urls=())

    assert (record.state, record.happened) == ("does not hold here", "it is 4")
    assert dict(record.figures) == {"total": 4}
    assert record.python == ".".join(map(str, sys.version_info[:3]))


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


def test_what_a_lesson_says_cannot_steer_a_terminal_or_end_a_line(tmp_path: Path) -> None:
    lesson = write(tmp_path, "def observe():\n    return True, 'a\\x1b[2J\\nb\\ud83d', {}\n")

    assert run(lesson) == ("holds here", r"a\x1b[2J b\ud83d")


@pytest.mark.parametrize(
    "body",
    [
        "def observe():\n    os.write(1, b'noise\\xff')\n    return True, '', {}\n",
        "def observe():\n    return True, '', {'total': 'many'}\n",
        "def observe():\n    os.write(1, b'[]')\n    os._exit(0)\n",
    ],
)
def test_an_answer_that_is_no_record_is_not_observed(tmp_path: Path, body: str) -> None:
    assert run(write(tmp_path, body)) == ("not observed", "its process gave no valid answer")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of lessons that the command finds instead of ours."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "lessons"
    folder.mkdir()
    monkeypatch.setattr(lessons, "FOLDER", folder)
    return folder


def test_the_command_prints_writes_and_answers(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(own_folder, "def observe():\n    return 2 + 2 == 5, 'it is 4', {'total': 4}\n")
    page = tmp_path / "lessons.md"

    assert main(["lessons", "--markdown", str(page), "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "sum: does not hold here. it is 4\n"
    assert "**does not hold here**" in page.read_text(encoding="utf-8")
    (path,) = tmp_path.glob("lessons/python*/lessons.json")
    (record,) = json.loads(path.read_text(encoding="utf-8"))["lessons"]
    assert (record["held"], record["figures"]) == (False, {"total": 4})


def test_the_command_fails_if_a_lesson_breaks(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(own_folder, "def observe():\n    raise ValueError('broken')\n")

    assert main(["lessons", "sum", "--results", str(tmp_path)]) == 1
    assert capsys.readouterr().out == "sum: not observed. ValueError: broken\n"
    assert not list(tmp_path.rglob("lessons.json"))  # of all lessons or none: later reports quote it
