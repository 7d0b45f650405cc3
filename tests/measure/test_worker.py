"""The measured process: what it imports, and where its threads run."""

import importlib.metadata
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.measure.planning.catalog import open_catalog
from harness.measure.processes.launch import BOOT, ROOT, Worker, WorkerDied
from harness.measure.worker import contender
from harness.measure.worker.spec import Downloads, Program, Rule, downloads_of
from harness.model import HarnessError


def test_the_worker_imports_the_standard_library_and_itself_alone() -> None:
    show = BOOT.replace("main()", "import json; print(json.dumps(sorted(sys.modules)))")
    done = subprocess.run(
        [sys.executable, "-P", "-S", "-c", show, str(ROOT)], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    strangers = {
        module for module in loaded if module.partition(".")[0] not in {*sys.stdlib_module_names, "__main__"}
    }
    assert {module for module in strangers if not module.startswith("harness.measure.worker")} == {
        "harness",
        "harness.measure",
    }
    assert not loaded & {"asyncio", "concurrent.futures.process", "importlib.metadata", "ssl", "subprocess"}


def test_a_name_belongs_to_the_distributions_that_importlib_tells() -> None:
    told = importlib.metadata.packages_distributions()
    for name in (
        "requests",
        "PIL",
        "yaml",
        "_pytest",
        "pytest_benchmark",
        "attr",
        "uvloop",
        "typing_extensions",
    ):
        assert contender._owners(name) == set(told[name])
    assert contender._owners("nowhere") == set()


CLIENT = '''\
"""A client with a thread of its own from the import on."""
import threading
from contextlib import contextmanager
threading.Thread(target=threading.Event().wait, daemon=True).start()

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    yield lambda url: b""
'''


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system cannot pin")
def test_threads_that_an_import_started_are_pinned_too(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(CLIENT)
    cpu = min(os.sched_getaffinity(0))
    with Worker(sys.executable) as worker:
        program = Program(
            client=str(tmp_path / "client.py"),
            concurrency_model=str(ROOT / "benchmarks" / "concurrency" / "sequential.py"),
            loop=None,
            cpus=[cpu],
        )
        assert "reason" not in worker.ask("load", within_s=30.0, **asdict(program))
        assert worker.family.cpus() == {cpu}


def test_a_worker_that_ends_at_once_says_so_when_it_is_asked() -> None:
    with Worker("/bin/false") as worker, pytest.raises(WorkerDied, match="ended with exit code 1"):
        worker.ask("probe", within_s=30.0)


def test_an_interpreter_that_cannot_be_started_is_one_line() -> None:
    with pytest.raises(HarnessError, match=r"^cannot start /nowhere/python: No such file or directory$"):
        Worker("/nowhere/python")


@pytest.mark.parametrize(
    "end", ["os.close(0)", "os.dup2(os.open(os.devnull, os.O_RDONLY), 0)", "os.kill(os.getpid(), 40)"]
)
def test_what_a_file_does_to_the_process_is_its_own_doing(tmp_path: Path, end: str) -> None:
    for name, more in (("bad", f"import os\n{end}\n"), ("good", "")):
        (tmp_path / f"{name}.py").write_text(f"{CLIENT}\n{more}")
    both = [tmp_path / "bad.py", tmp_path / "good.py"]
    for clients in (both, both[:1], both[::-1]):
        with pytest.raises(HarnessError, match=r"bad\.py: importing it: the worker "):
            open_catalog(sys.executable, clients=clients, root=tmp_path)


def test_a_file_in_another_encoding_is_read_as_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "latin.py"
    source = "# coding: latin-1\n" + CLIENT.replace("A client", "Müllers client")
    path.write_bytes(source.encode("latin-1"))
    [found] = open_catalog(sys.executable, clients=[path], root=tmp_path, strict=False).contenders
    assert found.label == "Müllers client with a thread of its own from the import on."
    assert "Müllers" in found.source


def test_a_file_without_its_package_and_with_more_than_literals_is_unavailable_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "clients").mkdir()
    text = 'import not_there\nEXTRA = ("trio",)\nLOOPS = ("asyncio",) + EXTRA\nasync def open_client(): ...\n'
    (tmp_path / "clients" / "odd.py").write_text(text)
    [found] = open_catalog(sys.executable, root=tmp_path).contenders
    assert (found.unavailable, found.fetch) == ("package not_there is not installed", "async")


def test_what_a_contender_says_is_printable(tmp_path: Path) -> None:
    (tmp_path / "red.py").write_text('raise ValueError("\\x1b[31mred \\ud83d")\n')
    with Worker(sys.executable) as worker:
        answer = worker.ask("probe", axis="client", path=str(tmp_path / "red.py"), within_s=30.0)
    assert answer["reason"] == r"ValueError: \x1b[31mred ?"


@pytest.mark.parametrize(
    "record",
    [
        Program(client="a.py", concurrency_model="b.py", loop=None, cpus=[0, 1]),
        Downloads(urls=["http://x/1"], concurrency=4, timeout_s=1.5, folder="/images"),
        Downloads(
            urls=["http://x/1"],
            concurrency=4,
            timeout_s=1.5,
            retry=Rule(attempts=3, backoff_s=0.1, give_up_s=9.0, seed=5),
        ),
    ],
)
def test_what_a_worker_is_told_comes_out_as_it_went_in(record: Program | Downloads) -> None:
    arguments = json.loads(json.dumps(asdict(record)))
    assert (Program(**arguments) if isinstance(record, Program) else downloads_of(arguments)) == record


def test_what_no_worker_knows_is_no_silent_default() -> None:
    with Worker(sys.executable) as worker:
        answer = worker.ask("load", within_s=30.0, client="a.py", model="b.py", loop=None)
    assert "unexpected keyword argument 'model'" in answer["reason"]
