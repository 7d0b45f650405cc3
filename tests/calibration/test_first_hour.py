"""The first hour from nothing: a page is read as steps, which a shell does, and what differs from the page is found."""

import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from harness.calibration.first_hour import PROJECT, Done, first_variables, follow, row, run, text
from harness.calibration.instructions import Block, Step, steps
from harness.model import HarnessError

PAGE = """\
# The page
Get it:
```sh
mkdir project && cd project
export KNOWN=yes
```
## 1. Yours
Write `mine.py`, not `other`:
```python
say = 1
keep = 2
```
```sh
cat mine.py; exit 3
```
The exit code is 3, for nothing works:
```text
say = 9
… 2
```
Mend `mine.py`:
```diff
-say = 1
+say = "one"
 keep = 2
```
```sh
head -1 mine.py
read -p 'Go on? [y/N] ' word; echo "$word $KNOWN"
```
The exit code is 0, or 4 where it is busy:
```text
say = "one"
y yes
```
"""


def test_a_page_is_read_as_what_is_written_run_and_said() -> None:
    get, fails, mended = steps(PAGE)
    assert get == Step(title="The page", files=(), command="mkdir project && cd project\nexport KNOWN=yes\n")
    assert fails.files == (Block(name="mine.py", text="say = 1\nkeep = 2\n", is_change=False),)
    assert (fails.title, sorted(fails.codes), fails.prints) == ("1. Yours", [3], ("say = 9", "… 2"))
    assert ([block.is_change for block in mended.files], sorted(mended.codes)) == ([True], [0, 4])


@pytest.mark.parametrize(
    ("output", "missing"),
    [
        ("rank variant images/s\r\n1  a/b  1,234.5\r\n", []),
        ("\x1b[1mrank\x1b[0m  variant   images/s cpu\n2 a/b 7\n", []),
        ("rank variant\n1 a/b 1\n", ["rank variant images/s …"]),
        ("rank variant images/s\na/b 1\n", ["1 a/b 900"]),
        ("rank variant images/s\n1 a/b 1 more\n", ["1 a/b 900"]),
    ],
)
def test_a_line_is_printed_whatever_its_figures_colours_and_spaces(output: str, missing: list[str]) -> None:
    step = Step(title="", files=(), command="", prints=("rank variant images/s …", "1 a/b 900"))
    assert step.missing(output) == missing


def test_a_shell_follows_from_step_to_step_and_says_yes(tmp_path: Path) -> None:
    variables: Mapping[str, str] = first_variables(tmp_path)
    for step in steps(PAGE):
        done = follow(step, variables, {}, 60)
        assert row(step, done).faults == (), done
        variables = done.variables
    assert (tmp_path / "work" / "project" / "mine.py").read_text() == 'say = "one"\nkeep = 2\n'
    assert variables["PWD"] == str(tmp_path / "work" / "project")


def test_a_change_that_the_file_has_no_place_for_is_refused(tmp_path: Path) -> None:
    [*_, mended] = steps(PAGE)
    (tmp_path / "mine.py").write_text("say = 2\nkeep = 2\n")
    with pytest.raises(HarnessError, match=r"mine\.py has not once what is to be changed: say = 1"):
        mended.files[0].write(tmp_path)


def test_what_differs_from_the_page_is_told() -> None:
    step = Step(title="1", files=(), command="a b\nc\n", prints=("written to …",))
    done = Done(code=5, output="nothing\n", seconds=200.0, silent_s=100.0, variables={})
    told = row(step, done)
    assert told.faults == (
        "not printed: written to …",
        "exit code 5, the page says 0",
        "nothing new on the terminal for 100 s",
        "the last words: 'nothing'",
    )
    assert text(told).splitlines()[0] == "  200.0   100.0     5  1: c"


def is_over(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_what_does_not_end_is_ended_and_told(tmp_path: Path) -> None:
    variables = first_variables(tmp_path)
    done = run("sleep 60 & echo $!; wait", variables, 0.3)
    assert (done.code, done.variables) == (None, variables)
    for _ in range(500):  # a signal is on its way for a while
        if is_over(int(done.output)):
            break
        time.sleep(0.01)
    else:
        pytest.fail("it goes on")
    [fault, _] = row(Step(title="", files=(), command="sleep 60"), done).faults
    assert fault.startswith("it had not ended after ")


def test_the_projects_address_leads_to_this_checkout(tmp_path: Path) -> None:
    done = run(f"git ls-remote --exit-code {PROJECT} HEAD", first_variables(tmp_path), 60)
    assert done.code == 0, done.output
