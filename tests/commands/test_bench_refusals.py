"""``bench`` that measures nothing: each mistake is told in one line, in this process."""

from functools import partial
from pathlib import Path

import pytest

from harness.measure.planning.catalog import open_catalog
from harness.session import options
from tests.commands.conftest import in_process


@pytest.mark.usefixtures("probed_once")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--suite", "huge"], 2, "no suite 'huge'; there are default"),
        (["--workloads", "none"], 2, "no workload 'none'; there are tiny-memory, tiny-disk"),
        (["--variants", "*/curl/*"], 2, "'*/curl/*' matches no variant"),
        (["--baseline", "nobody"], 2, "--baseline: no variant 'nobody'"),
        (["--rounds", "0"], 2, "'0' is no whole number above 0"),
        (["--surprise"], 2, "bench: error: unrecognized arguments: --surprise; "),
        (["--client", "absent.py"], 2, "absent.py is no file"),
    ],
)
def test_a_wrong_option_is_one_line(
    suite_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    assert in_process("bench", "--suite-file", suite_file, "--results", tmp_path, *arguments) == code
    assert message in capsys.readouterr().err.splitlines()[-1]


DECORATED = '''\
"""A."""
from contextlib import contextmanager

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    return lambda url: b""
'''


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "has no docstring"),
        ('"""A."""\n', "has no function open_client"),
        ('"""A."""\ndef open_client(): ...\n', "without the parameter"),
        (
            '"""A."""\ndef open_client(*, concurrency, timeout_s, ca_file): ...\n',
            "needs open_client decorated with",
        ),
        (
            DECORATED,
            "has an open_client that yields nothing: write yield fetch, not return fetch",
        ),
        ('"""A."""\nimport nowhere_to_be_found\n', "package nowhere_to_be_found is not installed"),
        ('"""A."""\n1/0\n', "ZeroDivisionError: division by zero"),
        ('"""A."""\nthis is no python\n', "SyntaxError"),
        ('"""A."""\nimport os; os._exit(3)\n', "importing it: the worker ended with exit code 3"),
    ],
)
def test_a_client_without_the_contract_is_one_line(
    suite_file: Path,
    small_tree: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    message: str,
) -> None:
    monkeypatch.setattr(options, "open_catalog", partial(open_catalog, root=small_tree))
    path = tmp_path / "mine.py"
    path.write_text(source)
    assert in_process("bench", "--suite-file", suite_file, "--results", tmp_path, "--client", path) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert message in line


@pytest.mark.usefixtures("probed_once")
def test_results_that_cannot_be_written_are_one_line(
    suite_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert in_process("bench", "--suite-file", suite_file, "--results", tmp_path / "file") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(f"cannot write to {tmp_path}/file: {tmp_path}/file is no folder")
