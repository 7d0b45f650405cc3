"""Values as they stand in files: frames as CSV, records as JSON. Nowhere else is decided how a number is written."""

import csv
from typing import Any

import pandas as pd
import pydantic_core

from harness.model import ALL, NONE
from harness.text import printable

DIGITS = "%.7g"
AXES = ("concurrency", "client", "loop")


def to_csv(frame: pd.DataFrame) -> bytes:
    """CSV with seven significant digits; a distribution is its quantiles, and text is nothing that a spreadsheet runs.

    Where a column names the variant, its three axes stand beside it.
    """
    safe = _with_axes(frame.copy())
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        different = {value: _disarm(value) for value in safe[column].dropna().unique()}  # few, in many rows
        if any(value != text for value, text in different.items()):
            safe[column] = safe[column].map(different)
    return safe.to_csv(
        index=False, float_format=DIGITS, quoting=csv.QUOTE_MINIMAL, lineterminator="\n"
    ).encode()


def to_json(data: Any) -> bytes:
    """JSON, a field a line; what is no finite number is null, as JSON knows none."""
    return pydantic_core.to_json(data, indent=1, inf_nan_mode="null") + b"\n"


def written(value: float) -> str:
    """A number as it stands in the CSV files."""
    return str(value) if isinstance(value, int) else DIGITS % value


def axes_of(variant: str) -> tuple[str, str, str]:
    """Concurrency model, client and loop of a variant's id; ``NONE`` where it has none, and ``ALL`` of all."""
    if variant in {ALL, NONE}:
        return variant, variant, variant
    concurrency, client, loop, *_ = (*variant.split("/"), NONE, NONE)
    return concurrency, client, loop


def _with_axes(frame: pd.DataFrame) -> pd.DataFrame:
    if "variant" in frame and not set(AXES) <= set(frame):
        axes = [axes_of(variant) for variant in frame["variant"]]
        place = list(frame.columns).index("variant")
        for number, name in enumerate(AXES):
            frame.insert(place + 1 + number, name, [parts[number] for parts in axes])
    return frame


def _disarm(value: object) -> object:
    if isinstance(value, tuple):  # quantiles of a distribution, or shares
        return " ".join(
            f"{part[0]}={written(part[1])}" if isinstance(part, tuple) else written(part) for part in value
        )
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text
