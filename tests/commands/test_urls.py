"""``bench --urls``: what servers that are not ours are asked is told before, and their faults blame no contender."""

import io
from pathlib import Path

import pytest

from harness import ledger
from harness.measure.remote import pauses
from harness.model import HarnessError
from harness.session.remote import fitting_rounds
from tests.commands.conftest import in_process
from tests.site import Said, Site, site

BODIES = {f"/img_{number}.jpg": bytes([number]) * (200 + 300 * number) for number in range(6)}
TWO = ("--variants", "thread_pool/requests_session", "gather/aiohttp_session/asyncio")
ONE = ("--variants", "thread_pool/requests_session")


pytestmark = pytest.mark.usefixtures("probed_once", "unpainted")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer does not say how long to wait, that is no time."""
    monkeypatch.setattr(pauses, "USUAL_PAUSE_S", 0.0)


class Terminal(io.StringIO):
    """Somebody who types this."""

    def isatty(self) -> bool:
        return True


def images(path: str, _number: int) -> Said:
    return Said(BODIES[path]) if path in BODIES else Said(status=404)


def listed(there: Site, folder: Path, *more: str) -> Path:
    path = folder / "urls.txt"
    path.write_text("\n".join([there.origin + path for path in BODIES] + list(more)) + "\n")
    return path


def bench(folder: Path, urls: Path, *options: str) -> int:
    return in_process("bench", "--urls", urls, "--results", folder, "--seed", "1", *options)


def test_a_run_sends_what_it_has_told_and_says_what_was_not_witnessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    with site(images) as there:
        assert bench(tmp_path, listed(there, tmp_path, ""), *TWO, "--rounds", "1") == 0
    said = capsys.readouterr()
    assert "an empty line is left out (the first: line 7)" in said.err
    assert "about to send, to 1 host, at most 8 at once:" in said.err
    assert "  30 requests: 6 a pass, 2 passes in each of 2 trials, and once more before" in said.err
    assert len(there.asked) == 6 + 30
    assert {path: there.asked.count(path) for path in BODIES} == dict.fromkeys(BODIES, 6)
    recorded = ledger.read(tmp_path / "latest")
    [workload] = recorded.run.plan.workloads
    assert (workload.name, workload.network.is_remote, workload.arrival.concurrency) == (
        "urls-memory",
        True,
        8,
    )
    assert sorted(workload.what.sizes) == sorted(map(len, BODIES.values()))
    assert [resource.url for resource in recorded.run.plan.resources] == [
        there.origin + path for path in BODIES
    ]
    assert len(recorded.trials) == 2
    assert all(trial.reason is None and trial.timed[0].witness is None for trial in recorded.trials)
    assert not recorded.ceilings
    assert "of a list of URLs, 8 at once" in said.out
    assert (
        "note: urls-memory:gather/aiohttp_session/asyncio, urls-memory:thread_pool/requests_session: not witnessed"
        in said.out
    )


@pytest.mark.parametrize(
    ("options", "more", "message"),
    [
        ((), (), "there is no terminal to ask at; say --yes"),
        (("--yes", "--images", "3"), (), "--urls says what is fetched; leave out --images"),
        (("--yes", "--workloads", "thumbs-memory"), (), "leave out --workloads"),
        (("--yes", "--link", "cdn"), (), "leave out --link"),
        (("--yes", "--judge", "server_cpu_s_per_1000_images"), (), "is not witnessed"),
        (("--yes", "--judge", "requests_per_image"), (), "is not witnessed"),
        (
            ("--yes", "--most-requests", "20"),
            (),
            "one round takes up to 42 requests, and --most-requests is 20",
        ),
        (("--yes",), ("/absent.jpg",), "line 7: {origin}/absent.jpg answers 404; leave it out"),
        (("--yes", "--sink", "disk"), ("/other/img_1.jpg",), "/other/img_1.jpg names the same file as"),
    ],
)
def test_what_is_refused_before_anything_is_measured(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    more: tuple[str, ...],
    message: str,
) -> None:
    with site(images) as there:
        urls = listed(there, tmp_path, *(there.origin + path for path in more))
        assert bench(tmp_path, urls, *ONE, *options) == 2
    assert message.format(origin=there.origin) in capsys.readouterr().err.splitlines()[-1]
    assert len(there.asked) <= 7
    assert not (tmp_path / "runs").exists()


def test_more_than_may_be_held_ends_the_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("harness.session.remote.MOST_BYTES", 10)
    with site(lambda _path, _number: Said(b"123456")) as there:
        assert bench(tmp_path, listed(there, tmp_path), *ONE, "--yes") == 2
        assert len(there.asked) == 2
    assert capsys.readouterr().err.endswith(
        ": the bodies up to here have 12 bytes, and 10 together are the most; list fewer\n"
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Said(b""), "gives an empty body; leave it out"),
        (
            Said(status=302, headers={"Location": "http://127.0.0.9:1/a"}),
            "list its host too, or --follow",
        ),
        (None, "changes from one fetch to the next; leave it out"),
    ],
)
def test_an_image_that_is_not_fit_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: Said | None, message: str
) -> None:
    with site(lambda _path, number: said or Said(str(number).encode())) as there:
        urls = tmp_path / "urls.txt"
        urls.write_text(f"# one\n{there.origin}/a\n")
        assert bench(tmp_path, urls, *ONE, "--yes") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"line 2: {there.origin}/a" in last
    assert message in last


@pytest.mark.parametrize("client", ["requests_session", "urllib3_pool"])
def test_it_pauses_as_it_is_asked_and_that_pass_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], client: str
) -> None:
    busy = Said(status=429, headers={"Retry-After": "0"})
    with site(lambda path, number: busy if number == 15 else images(path, number)) as there:
        asked = ("--variants", f"thread_pool/{client}", "--yes", "--rounds", "1", "--concurrency", "1")
        assert bench(tmp_path, listed(there, tmp_path), *asked) == 0
    assert "127.0.0.1 asks to wait: nothing is sent for" in capsys.readouterr().err
    [trial] = ledger.read(tmp_path / "latest").trials
    assert (trial.reason, len(trial.passes)) == (None, 2)


@pytest.mark.parametrize(
    ("late", "message"),
    [
        (Said(b"another"), "now answers 200 with another body than at first"),
        (None, "the server stopped answering: {origin}/img_0.jpg cannot be fetched"),
    ],
)
def test_a_server_that_is_no_more_as_it_was_ends_the_run_and_blames_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], late: Said | None, message: str
) -> None:
    def answer(path: str, number: int) -> Said:
        if number <= 12 + 12:  # two looks and the first round
            return images(path, number)
        if late is None:
            raise ConnectionAbortedError
        return late

    with site(answer) as there:
        assert bench(tmp_path, listed(there, tmp_path), *ONE, "--yes", "--rounds", "2") == 1
    said = capsys.readouterr()
    [line] = [line for line in said.err.splitlines() if line.startswith("fetchbench:")]
    assert message.format(origin=there.origin) in line
    assert "what was measured is kept" in line
    assert "written to" in said.out
    assert [trial.reason for trial in ledger.read(tmp_path / "latest").trials] == [None]


@pytest.mark.parametrize("word", ["n\n", "\n", ""])
def test_without_a_yes_nothing_more_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))
    with site(images) as there:
        assert bench(tmp_path, listed(there, tmp_path), *ONE) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "Send them? [y/N]",
        "fetchbench: nothing is measured, as you did not say yes",
    ]
    assert len(there.asked) == 6


def test_a_run_goes_on_with_the_list_where_it_was_not_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with site(lambda path, number: images(path.partition("?")[0], number)) as there:
        urls = tmp_path / "urls.txt"
        urls.write_text("\n".join(f"{there.origin}{path}?signature=1{path[5]}" for path in BODIES))
        assert bench(tmp_path, urls, *ONE, "--yes", "--rounds", "2") == 0
        run = (tmp_path / "latest").resolve()
        assert "signature=1" not in (run / "run.json").read_text() + (run / "trials.jsonl").read_text()
        lines = (run / "trials.jsonl").read_bytes().splitlines(keepends=True)
        (run / "trials.jsonl").write_bytes(b"".join(lines[:2]))  # the first round
        resume = ("bench", "--resume", run, "--results", tmp_path)
        other = tmp_path / "other.txt"
        other.write_text(f"{there.origin}/img_1.jpg\n")
        for options, message in (
            (("--yes",), "give the list again, with --urls"),
            (("--yes", "--urls", other), "is not the list that the run was begun with"),
            (("--urls", urls), "there is no terminal to ask at; say --yes"),
            (("--yes", "--urls", urls, "--most-requests", "9"), "leave out --most-requests"),
        ):
            assert in_process(*resume, *options) == 2
            assert message in capsys.readouterr().err.splitlines()[-1]
        asked = len(there.asked)
        assert in_process(*resume, "--yes", "--urls", urls) == 0
    assert len(there.asked) - asked == 12
    assert "  12 requests: 6 a pass, 2 passes in each of 1 trials" in capsys.readouterr().err
    assert [trial.reason for trial in ledger.read(run).trials] == [None, None]


@pytest.mark.parametrize(
    ("cells", "rounds", "most", "fitting"),
    [(4, 6, 20_000, 6), (4, 6, 30 + 2 * 165, 2), (4, 6, 30 + 165, 1), (1, 2, 30 + 3 * 75, 2)],
)
def test_so_many_rounds_fit_into_a_number_of_requests(
    cells: int, rounds: int, most: int, fitting: int
) -> None:
    # 15 requests a pass; two looks; a round of 4 cells is 8 passes and up to 3 that do not count.
    assert fitting_rounds(15, cells, rounds, most) == fitting


def test_less_than_a_round_is_refused() -> None:
    with pytest.raises(HarnessError, match="one round takes up to 195 requests, and --most-requests is 194"):
        fitting_rounds(15, 4, 6, 194)
