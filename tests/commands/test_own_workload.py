"""A workload without a file, from the command line's own options; and a file that says nothing but a workload."""

from pathlib import Path

import pytest

from harness import ledger
from harness.measure.planning.suite import PROJECT_FILE, read_suite_file
from harness.measure.server import Server
from tests.builders import seen
from tests.commands.conftest import in_process
from tests.shared_server import shared

pytestmark = pytest.mark.usefixtures("probed_once", "unpainted")
SHORT = ("--rounds", "1", "--variants", "thread_pool/requests_session")
MINE = """\
[workloads.mine-disk]
images = 4
image_bytes = 2_048
latency_s = 0.001
concurrency = 2
sink = "disk"
"""


def test_a_workload_needs_no_file_and_is_recorded(server: Server, tmp_path: Path) -> None:
    asked = ("--images", "4", "--size", "2KB,2.5KiB", "--latency", "3ms", "--tls", "--concurrency", "2")
    with shared(server):
        assert in_process("bench", "--results", tmp_path, *SHORT, *asked) == 0
    recorded = ledger.read(tmp_path / "latest")
    [workload] = recorded.run.plan.workloads
    assert workload.name == "own-memory"
    assert sorted(workload.what.sizes) == [2070, 2210, 2350, 2490]
    assert (workload.network.latency_s, workload.network.tls, workload.arrival.concurrency) == (
        0.003,
        True,
        2,
    )
    assert [trial.reason for trial in recorded.trials] == [None]
    assert seen(recorded.trials[0].timed[0]).requests == 4


def test_a_file_that_says_a_workload_alone_is_measured_by_the_default_suite(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    with shared(server):
        assert in_process("bench", "--suite-file", path, "--results", tmp_path, *SHORT) == 0
    assert {trial.cell.workload for trial in ledger.read(tmp_path / "latest").trials} == {"mine-disk"}
    file, project = read_suite_file(path), read_suite_file(PROJECT_FILE)
    assert file.trial == project.trial
    assert file.suite("quick").variants == project.suite("quick").variants
    assert file.suite("quick").workloads == file.gate.workloads == [file.selfcheck.workload] == ["mine-disk"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--link", "moon"), "--link: there is no link 'moon'; there are lan, cdn, broadband, mobile, far"),
        (
            ("--link", "cdn", "--workloads", "thumbs-memory"),
            "--link makes a workload of your own; leave it out",
        ),
        (["--size", "17MiB"], "argument --size: must be from 1,024 to 16,777,216"),
        (["--size", "6 parsecs"], "must be a number, alone or with B, KB, MB, KiB, MiB; '6 parsecs' is none"),
        (["--latency", "5ms,1ms"], "argument --latency: must have its quantiles in rising order"),
        (["--sink", "tape"], 'argument --sink: must be "memory" or "disk"'),
        (["--http", "2"], 'http is "2", which comes over TLS alone'),
        (["--images", "1.5"], "argument --images: must be a whole number"),
        (["--images", "100000", "--size", "1MB"], "images times image_bytes must be at most"),
        (["--redirect-host-share", "50%"], "redirect_host_share needs a second host"),
        (["--tls", "--workloads", "thumbs-memory"], "leave it out, or leave out --workloads"),
        (["--resume", "latest", "--concurrency", "3"], "leave out --concurrency"),
        (["--images", "3", "--most-requests", "9"], "--most-requests goes with --urls"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert in_process("bench", "--results", tmp_path, *arguments) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
