"""Frames to CSV bytes: the only place that decides how a number is written in a file."""

import csv

import pandas as pd

from harness.text import printable

DIGITS = "%.7g"


def to_csv(frame: pd.DataFrame) -> bytes:
    """CSV with seven significant digits; a distribution is its quantiles, and text is nothing that a spreadsheet runs."""
    safe = frame.copy()
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        different = {value: _disarm(value) for value in safe[column].dropna().unique()}  # few, in many rows
        if any(value != text for value, text in different.items()):
            safe[column] = safe[column].map(different)
    return safe.to_csv(
        index=False, float_format=DIGITS, quoting=csv.QUOTE_MINIMAL, lineterminator="\n"
    ).encode()


def written(value: float) -> str:
    """A number as it stands in the CSV files."""
    return str(value) if isinstance(value, int) else DIGITS % value


def _disarm(value: object) -> object:
    if isinstance(value, tuple):  # quantiles of a distribution, or shares
        return " ".join(
            f"{part[0]}={written(part[1])}" if isinstance(part, tuple) else written(part) for part in value
        )
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text
