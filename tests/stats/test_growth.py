"""Growth: the slope against scipy, known truths on seeded samples that resemble their neighbours, and edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.stats.growth import BLOCKS, Growth, growth, slope_with_error

SOAKS = 200


def soaked(seed: int, total: float, samples: int = 150) -> Growth:
    """A soak at a level of 100 MB, whose noise remembers, with so much growth over what is judged."""
    draw = np.random.default_rng(seed)
    noise = np.zeros(samples)
    for place in range(1, samples):
        noise[place] = 0.9 * noise[place - 1] + draw.normal(0, 0.4e6)
    done = np.arange(1, samples + 1) * 1_000.0
    filling = 30e6 * np.exp(-np.arange(samples) / 8)  # caches that fill at first are no leak
    values = 100e6 - filling + noise + total / 0.75 * done / done[-1]
    return growth(list(done), list(values), share=0.05, least=2.0**20)


@pytest.mark.parametrize(("total", "word"), [(0.0, "flat"), (15e6, "grows")])
def test_a_known_truth_is_told_in_nearly_every_soak(total: float, word: str) -> None:
    found = [soaked(seed, total) for seed in range(SOAKS)]
    assert sum(each.word == word for each in found) >= 0.95 * SOAKS
    assert np.median([each.growth for each in found]) == pytest.approx(total, abs=1.5e6)


def test_growth_up_to_the_tolerance_is_seldom_called_growth() -> None:
    found = [soaked(seed, 5e6) for seed in range(SOAKS)]
    assert sum(each.word == "grows" for each in found) <= 0.07 * SOAKS
    assert sum(each.low <= 5e6 <= each.high for each in found) >= 0.87 * SOAKS


def test_what_never_moves_is_flat_and_what_rises_without_noise_grows() -> None:
    done = [float(number) for number in range(100)]
    flat = growth(done, [32.0] * 100, share=0.05, least=2.0)
    assert (flat.word, flat.level) == ("flat", 32.0)
    assert flat.growth == pytest.approx(0, abs=1e-9)
    assert growth(done, [32.0 + place for place in range(100)], share=0.05, least=2.0).word == "grows"


def test_too_few_samples_say_nothing() -> None:
    for done in ([], [1.0, 2.0], [5.0] * 40):
        assert growth(done, [1.0] * len(done), share=0.05, least=1.0).word == "too few samples"


@given(st.integers(0, 10**6), st.integers(24, 120))
def test_the_slope_and_its_error_are_those_of_scipy(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    place, values = np.linspace(0, 1, count), np.cumsum(draw.normal(size=count))
    blocks = [[block.mean() for block in np.array_split(each, BLOCKS)] for each in (place, values)]
    fit = stats.linregress(*blocks)
    assert slope_with_error(place, values) == pytest.approx((fit.slope, fit.stderr))
