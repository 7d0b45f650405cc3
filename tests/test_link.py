"""The schema of a link: its bounds and words, and its tables in a suite file."""

import re
from pathlib import Path
from typing import Any

import pytest

from harness.link import Link
from harness.measure.planning.suite import PROJECT_FILE, read_suite_file
from harness.model import HarnessError
from harness.schema import FieldError
from harness.workload import Workload, check, sentence
from tests.measure.test_suite import GOOD, complaint

ROOT = Path(__file__).parents[1]
ASKED: dict[str, Any] = {
    "images": 10, "image_bytes": 4096, "latency_s": 0.0, "concurrency": 4, "sink": "memory",
}  # fmt: skip


def test_what_is_not_asked_of_a_link_has_no_limit_and_nothing_asked_is_no_line() -> None:
    assert Link(round_trip_s=0.02).is_line
    assert Link(down_bits_per_s=50e6).is_line
    assert not Link().is_line
    assert not Workload.of("w", **ASKED).link.is_line
    assert Workload.of("w", **ASKED, round_trip_s=0.02).link == Link(round_trip_s=0.02)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"round_trip_s": -0.1}, "round_trip_s must be from 0 to 10"),
        ({"round_trip_s": "20 ms"}, "round_trip_s must be a number"),
        ({"round_trip_s": True}, "round_trip_s must be a number"),
        ({"round_trip_s": float("nan")}, "round_trip_s must be from 0 to 10"),
        ({"round_trip_s": 0.02, "loss": 1}, "loss must be from 0 to 0.5"),
        ({"round_trip_s": 0.02, "down_bits_per_s": 50}, "down_bits_per_s must be 0, which sets no limit, or"),
        ({"round_trip_s": 0.02, "up_bits_per_s": 1e12}, "up_bits_per_s must be from 0 to 10,000,000,000"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=f"^{re.escape(message)}"):
        check(ASKED | wrong)


def test_a_packet_never_arrives_before_it_was_sent() -> None:
    with pytest.raises(ValueError, match="jitter_s must be at most round_trip_s"):
        check(ASKED | {"round_trip_s": 0.01, "jitter_s": 0.02})


def test_the_sentence_says_nothing_of_what_was_not_asked() -> None:
    assert " on a line of {round_trip_s} round trip, {concurrency} at once" in sentence(
        Workload.of("w", **ASKED, round_trip_s=0.02).flat
    )
    whole = {
        "round_trip_s": 0.02,
        "jitter_s": 0.01,
        "down_bits_per_s": 5e7,
        "up_bits_per_s": 1e7,
        "loss": 0.1,
    }
    assert (
        "{round_trip_s} round trip ± {jitter_s}, {down_bits_per_s} down, {up_bits_per_s} up, {loss} lost, {c"
        in sentence(Workload.of("w", **ASKED | whole).flat)
    )
    assert "line" not in sentence(Workload.of("w", **ASKED).flat)


def test_the_shipped_links_are_those_of_the_documents() -> None:
    file = read_suite_file(ROOT / "benchmarks" / "suite.toml")
    assert set(file.links) == {"lan", "cdn", "broadband", "mobile", "far"}
    method = (ROOT / "docs" / "method.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) ms \|", method, re.MULTILINE))
    assert told == {name: f"{file.link(name).round_trip_s * 1e3:g}" for name in file.links}


def test_a_workload_has_what_its_link_has_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    fields = "\n".join(f"{name} = {value!r}" for name, value in ASKED.items() if name != "image_bytes")
    path.write_text(
        f"{GOOD}[links.mine]\nround_trip_s = 0.04\ntls = true\nimage_bytes = 2_048\n"
        f'[workloads.plain-memory]\nlink = "mine"\n{fields}\n'
        f'[workloads.own-memory]\nlink = "mine"\nimage_bytes = 9_000\ntls = false\n{fields}\n'
    )
    file = read_suite_file(path)
    assert file.link("mine") == Link(round_trip_s=0.04)
    plain, own = file.workload("plain-memory"), file.workload("own-memory")
    assert plain.link == own.link == Link(round_trip_s=0.04)
    assert (plain.what.image_bytes, plain.network.tls) == (2_048, True)
    assert (own.what.image_bytes, own.network.tls) == (9_000, False)
    with pytest.raises(HarnessError, match=r"no link 'yours'; there are lan, cdn, .*, mine$") as caught:
        file.link("yours")
    assert caught.value.exit_code == 2
    path.write_text(GOOD)
    assert read_suite_file(path).links == read_suite_file(PROJECT_FILE).links


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[links.mine]\nround_trip_s = 11", 20, "links.mine.round_trip_s: must be from 0 to 10"),
        ("[links.mine]\nround_trip_s = 0.1\nspeed = 1", 21, "links.mine.speed: is no field"),
        ("[links]\nmine = 1", 20, "links.mine: must be a table"),
        ('[workloads.x]\nlink = "y"', 20, "workloads.x.link names 'y', which is no link; there are lan, cdn"),
        ("[workloads.x]\nlink = 3", 20, "workloads.x.link names 3, which is no link; there are lan, cdn"),
        (
            '[workloads.x]\nfaults = "y"',
            20,
            "workloads.x.faults names 'y', which is no mix of faults; there are web",
        ),
    ],
)
def test_a_wrong_link_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    assert f"line {line}: {said}" in complaint(tmp_path, f"{GOOD}{text}\n")
