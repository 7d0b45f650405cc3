"""The schema of a workload: flat in files, grouped in code, each bound written once."""

import re
from argparse import ArgumentTypeError
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.draws import drawn
from harness.schema import FieldError, bounds
from harness.workload import SPECS, TYPES, Workload, check, read, sentence

ROOT = Path(__file__).parents[1]
GOOD: dict[str, Any] = {
    "images": 10, "image_bytes": 4096, "latency_s": 0.05, "concurrency": 4, "sink": "memory",
}  # fmt: skip


def test_a_workload_is_flat_in_files_and_grouped_in_code() -> None:
    made = Workload.of("small", **GOOD, seed=7)
    assert (made.what.images, made.network.latency_s, made.arrival.concurrency) == (10, 0.05, 4)
    assert not made.sink.is_disk
    assert made.flat == GOOD | {"seed": 7} | {
        name: made.flat[name] for name in made.flat.keys() - GOOD.keys()
    }
    assert made.but(sink="disk").sink.is_disk
    assert made.but(name="other", images=3) == Workload.of("other", **GOOD | {"images": 3}, seed=7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"images": 0}, "images must be from 1 to 100,000"),
        ({"images": "10"}, "images must be a whole number"),
        ({"images": True}, "images must be a whole number"),
        ({"latency_s": float("nan")}, "latency_s must be from 0 to 60"),
        ({"latency_s": None}, "latency_s must be a number"),
        ({"sink": "tape"}, 'sink must be "memory" or "disk"'),
        ({"http": 2}, 'http must be "1.1" or "2"'),
        ({"http": "2"}, 'http is "2", which comes over TLS alone: set tls to true'),
        ({"http": "2", "tls": True, "chunked_share": 0.1}, 'chunked_share must be 0 where http is "2"'),
        ({"tls": 1}, "tls must be true or false"),
        ({"hosts": 0}, "hosts must be from 1 to 64"),
        ({"image_bytes": [2048]}, "image_bytes must have from 2 to 101 quantiles"),
        ({"image_bytes": [4096, 2048]}, "image_bytes must have its quantiles in rising order"),
        ({"image_bytes": [4096, 5000.5]}, "image_bytes must be a whole number"),
        ({"latency_s": [0, 61]}, "latency_s must be from 0 to 60"),
        ({"images": [1, 2]}, "images must be a whole number"),
        ({"gzip_share": 1.1}, "gzip_share must be from 0 to 1"),
        ({"redirect_host_share": 0.5}, "redirect_host_share needs a second host: set hosts to 2 or more"),
        ({"surprise": 1}, "surprise is no field; there are images, image_bytes"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(FieldError, match=f"^{re.escape(message)}"):
        check(GOOD | wrong)


def test_fields_that_are_right_alone_can_be_too_much_together() -> None:
    with pytest.raises(ValueError, match=r"images times image_bytes must be at most 1,073,741,824"):
        check(GOOD | {"images": 100_000, "image_bytes": 20_000})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("image_bytes", "1MB", 1_000_000),
        ("image_bytes", "1.5 kib", 1536),
        ("image_bytes", "2048,1MiB", (2048, 1_048_576)),
        ("latency_s", "50ms", 0.05),
        ("latency_s", ".25", 0.25),
        ("latency_s", "0,1.5s", (0.0, 1.5)),
        ("gzip_share", "30%", 0.3),
        ("images", "200", 200),
        ("sink", "disk", "disk"),
    ],
)
def test_a_value_is_typed_with_its_unit(name: str, text: str, value: Any) -> None:
    assert read(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("image_bytes", "1GB"),
        ("image_bytes", "2048,"),
        ("image_bytes", "2048.5"),
        ("latency_s", "1e3"),
        ("latency_s", "-1"),
        ("latency_s", "nan"),
        ("images", "9" * 5000),
        ("images", "5ms"),
        ("sink", ""),
    ],
)
def test_what_is_no_value_is_refused(name: str, text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"^must "):
        read(name, text)


def test_a_fault_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ArgumentTypeError, match=r"^has gone twice$"):
        read("faults", "gone=10%,not_found=0.1,gone=0.2")


@given(st.integers(1024, 16 * 1024**2))
def test_any_unit_says_the_same_size(size: int) -> None:
    assert read("image_bytes", f"{size}B") == read("image_bytes", str(size)) == size
    assert read("image_bytes", f"{Decimal(size) / 1000}KB") == size


@pytest.mark.parametrize(
    ("amount", "count", "sorted_draw"),
    [
        (5, 3, [5, 5, 5]),
        ((0.0, 1.0), 4, [0.125, 0.375, 0.625, 0.875]),
        ((10, 20, 100), 4, [12.5, 17.5, 40.0, 80.0]),
        ((1, 2), 1, [1.5]),
    ],
)
def test_a_distribution_is_drawn_whole(amount: Any, count: int, sorted_draw: list[float]) -> None:
    draw = drawn(amount, count, "1")
    assert sorted(draw) == pytest.approx(sorted_draw)
    assert draw == drawn(amount, count, "1")


def test_only_the_order_of_a_draw_is_its_seeds() -> None:
    assert drawn((0, 100), 50, "1") != drawn((0, 100), 50, "2")
    assert sorted(drawn((0, 100), 50, "1")) == sorted(drawn((0, 100), 50, "2"))


def test_a_workload_knows_what_it_asks_in_sum() -> None:
    made = Workload.of(
        "w",
        **GOOD
        | {"image_bytes": [1024, 3072], "hosts": 2, "redirect_share": 0.24, "redirect_host_share": 0.5},
    )
    assert sum(made.what.sizes) == 10 * 2048
    assert made.what.redirects == 2 + 5
    assert made.answer_kind == (2048, False, "1.1")


def test_the_server_is_told_its_own_fields_alone() -> None:
    assert check({"images": 1, "image_bytes": 2048, "latency_s": 0}, served=True)["latency_s"] == 0.0
    with pytest.raises(FieldError, match="sink is no field"):
        check({"images": 1, "image_bytes": 2048, "latency_s": 0, "sink": "disk"}, served=True)


def test_the_sentence_says_nothing_of_what_is_as_usual() -> None:
    flat = Workload.of("small", **GOOD).flat
    assert (
        sentence(flat)
        == "{images} images of {image_bytes} with {latency_s} of thinking time, {concurrency} at once, to {sink}"
    )
    assert "thinking" not in sentence(flat | {"latency_s": 0.0})
    assert " over HTTPS and HTTP/{http} with" in sentence(flat | {"tls": True, "http": "2"})
    assert " over HTTPS from {hosts} hosts" in sentence(flat | {"latency_s": 0.0, "tls": True, "hosts": 3})


@given(
    st.dictionaries(
        st.sampled_from([*TYPES, "x"]),
        st.integers()
        | st.floats()
        | st.text(max_size=3)
        | st.none()
        | st.lists(st.integers(0, 5000), max_size=3),
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
        for amount in value if isinstance(value, tuple) else (value,):
            assert low is None or high is None or low <= amount <= high
    assert check(whole) == whole


def test_the_documents_table_is_that_of_the_schema() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    told = {name: (meaning, bounds) for name, meaning, bounds in rows if name in SPECS}
    assert told == {
        name: (spec.help, bounds(TYPES[name], spec)) for name, spec in SPECS.items() if not spec.is_fixed
    }
