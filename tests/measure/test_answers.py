"""What a worker may answer: anything else is a failed trial with its reason, and never a lost run."""

import math
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness import ledger
from harness.measure import trial
from harness.measure.ends import End
from harness.measure.job import Entry, RoundJob, Source
from harness.measure.planning import probe
from harness.measure.planning.catalog import open_catalog
from harness.measure.processes.usage import Family
from harness.measure.trial import RunningTrial
from harness.measure.worker.spec import Downloads
from harness.measured import Trial
from tests.builders import cell, one_pass
from tests.test_ledger import RUN, WORKLOAD

FINE: dict[str, Any] = {
    "warmup": False,
    "wall_s": 0.1,
    "peak_in_flight": 4,
    "start_s": [0.01] * 10,
    "latency_s": [0.01] * 10,
    "voluntary_switches": 1,
    "involuntary_switches": 0,
    "digests": ["ab"] * 10,
    "sizes": [1] * 10,
}
ENDED: dict[str, Any] = {
    "peak_rss_bytes": 1,
    "threads": 1,
    "executor_size": 6,
    "parity": {"extensions.x": "y"},
}

DOWNLOADS = Downloads(urls=["http://x/a"] * 10, concurrency=1, timeout_s=1.0)


def conducted(folder: Path, tell: dict[str, Any], end: dict[str, Any], load: dict[str, Any]) -> Trial:
    """What the ledger holds of a trial whose worker answers so."""
    answers = {
        "load": load,
        "assign": {},
        "rehearse": {},
        "prepare": {},
        "pass": {},
        "tell": tell,
        "end": end,
    }
    said = ["load"]
    worker = SimpleNamespace(
        say=lambda do, **_: said.append(do),
        answer=lambda _: answers[said[-1]],
        family=Family(os.getpid()),
        end=lambda: None,
        status=lambda: None,
    )
    server = SimpleNamespace(
        excuses=lambda *_: False,
        pid=os.getpid(),
        window=lambda *_, **__: one_pass(0.01).witness,
        digests=lambda _: ["ab"] * 10,
        meets=lambda _: [None] * 10,
    )
    source = Source(axis="client", name="a", text="")
    entry = Entry(
        cell=cell("sequential/a"),
        position=0,
        in_flight=None,
        client=source,
        concurrency_model=source,
        loop=None,
    )
    job = RoundJob(number=0, entries=(entry,), workloads=(WORKLOAD,), rules=RUN.plan.rules, environments={})
    running = RunningTrial(entry, job, cast("Any", worker), ())
    running.start(End(server=cast("Any", server), line=None), DOWNLOADS)
    while running.wants_more():
        running.take_turn()
    writer = ledger.create(folder / "run", RUN)
    written = writer.append(running.end())
    assert ledger.read(folder / "run").trials == (written,)
    assert isinstance(written, Trial)
    return written


@pytest.fixture(autouse=True)
def _nothing_to_complain_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether an answer is true is another matter."""
    monkeypatch.setattr(trial, "check", lambda *_: None)


def test_what_a_worker_should_answer_is_recorded(tmp_path: Path) -> None:
    found = conducted(tmp_path, FINE, ENDED | {"unheard_of": 1, "passes": []}, {})
    assert found.reason is None
    assert {each.latency_s for each in found.passes} == {(0.01,) * 10}
    assert (found.executor_size, found.parity) == (6, {"extensions.x": "y"})


@pytest.mark.parametrize(
    ("tell", "reason"),
    [
        ({"wall_s": math.nan}, "wall_s: Input should be less than 1000000000"),
        ({"wall_s": -1.0}, "wall_s: Input should be greater than"),
        ({"wall_s": "1"}, "wall_s: Input should be a valid number"),
        ({"warmup": "no"}, "warmup: Input should be a valid boolean"),
        ({"peak_in_flight": 1e300}, "peak_in_flight: Input should be a valid integer"),
        ({"peak_in_flight": 10**400}, "peak_in_flight: Input should be less than"),
        ({"start_s": None}, "start_s: Input should be a valid array"),
        ({"latency_s": [0.01] * 9 + [-0.001]}, "latency_s.9: Input should be greater than or equal to 0"),
        ({"latency_s": [math.inf] * 10}, "latency_s.0: Input should be less than"),
        ({"latency_s": [0.01] * 9}, "start_s and latency_s must have a value per image"),
        ({"start_s": [], "latency_s": []}, "start_s and latency_s must have a value per image"),
        ({"digests": True}, "digests: Input should be a valid array"),
        ({"sizes": ["1"] * 10}, "sizes.0: Input should be a valid integer"),
    ],
)
def test_a_pass_that_cannot_have_been_is_a_failed_trial(
    tmp_path: Path, tell: dict[str, Any], reason: str
) -> None:
    found = conducted(tmp_path, FINE | tell, ENDED, {})
    assert found.passes == ()
    assert str(found.reason).startswith(f"the worker's answer cannot be read: {reason}")


def test_a_pass_without_its_facts_is_a_failed_trial(tmp_path: Path) -> None:
    assert conducted(tmp_path, {}, ENDED, {}).reason == (
        "the worker's answer cannot be read: warmup: Field required"
    )


@pytest.mark.parametrize(
    ("end", "load", "reason"),
    [
        ({"threads": "many"}, {}, "threads: Input should be a valid integer"),
        ({"executor_size": -1}, {}, "executor_size: Input should be greater than or equal to 0"),
        ({"parity": [1]}, {}, "parity: Input should be an object"),
        ({"parity": {"a": 1}}, {}, "parity.a: Input should be a valid string"),
        ({"parity": {"a": "\udcff"}}, {}, r"'\udcff' holds what is no Unicode"),
        ({}, {"reason": 5}, "reason: Input should be a valid string"),
        ({"reason": 5}, {}, "reason: Input should be a valid string"),
    ],
)
def test_what_is_told_at_the_end_or_the_beginning_fails_the_trial_too(
    tmp_path: Path, end: dict[str, Any], load: dict[str, Any], reason: str
) -> None:
    found = conducted(tmp_path, FINE, ENDED | end, load)
    assert found.passes == ()
    assert str(found.reason).startswith(f"this cannot have been measured: {reason}")


PROBED = '''\
"""A client that tells of itself what it likes."""
from contextlib import contextmanager
{more}

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    yield lambda url: b""
'''


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"label": 5}, "label: Input should be a valid string"),
        ({"label": "x", "loops": [1]}, "loops.0: Input should be a valid string"),
        ({"label": "x", "fetch": "both"}, "fetch: Input should be 'sync' or 'async'"),
        ({"label": "x", "http": ["3"]}, "http.0: Input should be '1.1' or '2'"),
        ({"label": "x", "in_flight": 10**20}, "in_flight: Input should be less than"),
        ({"label": "x", "modules": {"a": math.nan}}, "modules.a: Input should be a valid string"),
        ({"label": "x", "modules": [1, "a"]}, "modules: Input should be an object"),
        ({"reason": ""}, "reason: String should have at least 1 character"),
    ],
)
def test_what_a_file_says_of_itself_is_checked(told: dict[str, Any], reason: str) -> None:
    assert str(probe.sound(told)["reason"]).startswith(f"what it says of itself cannot be read: {reason}")


def test_what_can_be_read_of_a_file_that_cannot_run_is_checked(tmp_path: Path) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "odd.py").write_text(PROBED.format(more="import not_there\nLOOPS = (1, 2)"))
    [found] = open_catalog(sys.executable, root=tmp_path).contenders
    assert (found.unavailable, found.loops) == ("package not_there is not installed", None)


def test_half_a_surrogate_in_a_docstring_is_told_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(PROBED.format(more="").replace("likes", "likes \\udcff"))
    [found] = open_catalog(
        sys.executable, clients=[tmp_path / "odd.py"], root=tmp_path, strict=False
    ).contenders
    assert found.label == r"A client that tells of itself what it likes \udcff."
