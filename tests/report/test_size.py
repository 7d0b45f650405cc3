"""Pages and comments keep their limits, however large a run is."""

import re

import pytest

from harness.report import markdown
from harness.report.frames.tables import make_tables
from harness.report.page import build as page
from harness.stats.judge import judge_run
from tests.report.ledgers import files_of, make_book, workload
from tests.report.test_derived import CASES, MOST_BYTES, MOST_CHARACTERS, made


@pytest.mark.long
def test_sixty_variants_keep_the_limits() -> None:
    variants = [f"model_{model}/client_{client}" for model in range(6) for client in range(10)]
    files = files_of(
        make_book(variants=variants, rounds=3, workloads=[workload("a-memory"), workload("b-memory")])
    )[1]
    assert len(files["report.html"]) < MOST_BYTES
    assert len(files["report.md"]) < MOST_CHARACTERS


def test_a_page_that_is_too_long_leaves_out_what_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made("self-checked")[1]["report.html"].decode()
    assert whole.count("<img src=") == 6  # five of the workload, and the host
    sizes = [len(whole)]
    for most in (len(whole) - 1, 1):
        monkeypatch.setattr(page, "MOST_BYTES", most)
        files = files_of(CASES["self-checked"])[1]
        shorter = files["report.html"].decode()
        sizes.append(len(shorter))
        left_out = re.findall(r'Drawn in <a href="([^"]*)"', shorter)
        assert left_out
        assert set(left_out) <= set(files)
        assert shorter.count("<img src=") + len(left_out) == 6
    assert sizes == sorted(sizes, reverse=True)
    assert 'name="against"' not in shorter
    assert shorter.count('<table class="ranking') == 1


def test_a_huge_run_keeps_the_limit_of_a_comment() -> None:
    variants = [f"model_{number}/client_with_a_rather_long_name" for number in range(40)]
    ledger = make_book(
        variants=variants, rounds=1, workloads=[workload(f"w{number}-memory") for number in range(12)]
    )
    text = markdown.report(ledger, make_tables(ledger, judge_run(ledger)), unfinished=False).decode()
    assert len(text) < MOST_CHARACTERS
    assert "More rows in `summary.csv`" in text
