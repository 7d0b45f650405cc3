"""Titles that tell: rows typed by hand in, the title out."""

import pandas as pd
import pytest

from harness.metrics import PEAK_RSS, TIME_PER_IMAGE
from harness.report.words import titles


def rows(*given: tuple[str, float, str]) -> pd.DataFrame:
    """Concurrency model, ratio to the best, what limits it; the first is the best, ``thread_pool`` the baseline."""
    return pd.DataFrame(
        [
            {
                "name": f"{model}/client",
                "concurrency": model,
                "state": "ranked",
                "rank": place + 1,
                "ratio_to_best": ratio,
                "limited_by": limit,
                "is_baseline": model == "thread_pool",
            }
            for place, (model, ratio, limit) in enumerate(given)
        ]
    )


def test_a_race_says_who_keeps_up_and_who_does_not() -> None:
    found = rows(
        ("gather", 1.0, "round trips"),
        ("thread_pool", 1.2, "CPU"),
        ("trio_to_thread", 1.4, "CPU"),
        ("to_thread", 2.9, "default executor"),
        ("nursery", 4.2, "CPU"),
    )
    assert titles.race(found, TIME_PER_IMAGE) == (
        "gather and thread_pool keep up; the default executor (to_thread) does not; nursery falls behind"
    )


def test_a_model_is_as_good_as_its_best_variant() -> None:
    found = rows(("gather", 1.0, "round trips"), ("gather", 5.0, "CPU"))
    assert titles.race(found, TIME_PER_IMAGE) == "gather keeps up"


@pytest.mark.parametrize(
    ("ratio", "rank", "title"),
    [
        (1.02, 1, "thread_pool/client keeps up with the best"),
        (1.2, 2, "gather/client leads, and thread_pool/client is good enough"),
        (1.6, 2, "gather/client leads, and thread_pool/client is behind"),
        (3.0, 2, "gather/client leads, and thread_pool/client is far behind"),
    ],
)
def test_a_ranking_says_how_the_baseline_stands(ratio: float, rank: int, title: str) -> None:
    found = rows(("gather", 1.0, "CPU"), ("thread_pool", ratio, "CPU"))
    found.loc[1, "rank"] = rank
    assert titles.ranking(found, TIME_PER_IMAGE) == title


def test_without_a_baseline_a_ranking_says_what_it_is_of() -> None:
    told = titles.ranking(rows(("gather", 1.0, "CPU")), PEAK_RSS)
    assert told == "peak memory of each variant, compared with the baseline"


def test_the_largest_effect_of_a_choice_is_named_whichever_way_it_goes() -> None:
    effects = pd.DataFrame(
        [
            {"axis": "loop", "level": "uvloop", "reference": "asyncio", "ratio": 0.8},
            {"axis": "client", "level": "aiohttp", "reference": "requests", "ratio": 0.25},
            {"axis": "concurrency", "level": "to_thread", "reference": "thread_pool", "ratio": 3.0},
        ]
    )
    assert titles.factors(effects) == "The client matters most: aiohttp instead of requests"
