"""The schema of a link: its bounds, its words, and its lines in a suite file."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.link import SPECS, Link, check, sentence
from harness.measure.suite import PROJECT_FILE, read_suite_file
from harness.model import HarnessError
from harness.report.formats import PLAIN
from harness.report.sentences import over
from harness.schema import FieldError
from tests.measure.test_suite import GOOD, complaint

ROOT = Path(__file__).parents[1]


def test_a_link_is_flat_in_files_and_what_is_not_asked_has_no_limit() -> None:
    made = Link.of("mine", round_trip_s=0.02, down_bits_per_s=50_000_000)
    assert made.flat == {
        "round_trip_s": 0.02, "jitter_s": 0.0, "down_bits_per_s": 50e6, "up_bits_per_s": 0.0, "loss": 0.0,
    }  # fmt: skip
    assert Link.of("mine", **made.flat) == made == pickle.loads(pickle.dumps(made))  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "round_trip_s must be a number"),
        ({"round_trip_s": -0.1}, "round_trip_s must be from 0 to 10"),
        ({"round_trip_s": "20 ms"}, "round_trip_s must be a number"),
        ({"round_trip_s": True}, "round_trip_s must be a number"),
        ({"round_trip_s": float("nan")}, "round_trip_s must be from 0 to 10"),
        ({"round_trip_s": 0.02, "loss": 1}, "loss must be from 0 to 0.5"),
        ({"round_trip_s": 0.02, "down_bits_per_s": 50}, "down_bits_per_s must be 0, which sets no limit, or"),
        ({"round_trip_s": 0.02, "up_bits_per_s": 1e12}, "up_bits_per_s must be from 0 to 10,000,000,000"),
        ({"round_trip_s": 0.02, "latency_s": 1}, "latency_s is no field; there are round_trip_s, jitter_s"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=f"^{re.escape(message)}"):
        check(wrong)


def test_a_packet_never_arrives_before_it_was_sent() -> None:
    with pytest.raises(ValueError, match="jitter_s must be at most round_trip_s"):
        check({"round_trip_s": 0.01, "jitter_s": 0.02})


def test_the_sentence_says_nothing_of_what_was_not_asked() -> None:
    assert sentence(Link.of("mine", round_trip_s=0.02).flat) == "{round_trip_s}"
    asked = Link.of(
        "mine", round_trip_s=0.02, jitter_s=0.01, down_bits_per_s=5e7, up_bits_per_s=1e7, loss=0.1
    )
    assert (
        sentence(asked.flat)
        == "{round_trip_s} ± {jitter_s}, {down_bits_per_s} down, {up_bits_per_s} up, {loss} lost"
    )
    assert over(asked.flat, PLAIN) == "20.0 ms ± 10.0 ms, 50.0 Mbit/s down, 10.0 Mbit/s up, 10.0 % lost"


@given(
    st.dictionaries(
        st.sampled_from([*SPECS, "x"]), st.integers() | st.floats() | st.text(max_size=3) | st.none()
    )
)
def test_whatever_passes_is_within_its_bounds_and_all_else_is_one_line(values: dict[str, Any]) -> None:
    try:
        whole = check(values)
    except ValueError as error:
        said = str(error)
        assert said.splitlines() == [said]
        return
    for name, value in whole.items():
        low, high = SPECS[name].low, SPECS[name].high
        assert low is not None
        assert high is not None
        assert low <= value <= high
    assert check(whole) == whole


def test_the_shipped_links_are_those_of_the_documents() -> None:
    file = read_suite_file(ROOT / "benchmarks" / "suite.toml")
    assert set(file.links) == {"lan", "cdn", "broadband", "mobile", "far"}
    method = (ROOT / "docs" / "method.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) ms \|", method, re.MULTILINE))
    assert told == {name: f"{file.link(name).round_trip_s * 1e3:g}" for name in file.links}


def test_a_link_of_ones_own_and_a_name_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD + "[links.mine]\nround_trip_s = 0.04\n")
    file = read_suite_file(path)
    assert file.link("mine") == Link.of("mine", round_trip_s=0.04)
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
        ("[links.mine]\nround_trip_s = 0.1\njitter_s = 1", 19, "links.mine: jitter_s must be at most"),
        ("[links]\nmine = 1", 20, "links.mine: must be a table"),
    ],
)
def test_a_wrong_link_is_named_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    assert f"line {line}: {said}" in complaint(tmp_path, f"{GOOD}{text}\n")


def test_the_documents_table_is_that_of_the_schema() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    assert {name: (meaning, bounds) for name, meaning, bounds in rows if name in SPECS} == {
        name: (spec.help, f"{spec.low:,} to {spec.high:,}") for name, spec in SPECS.items()
    }
