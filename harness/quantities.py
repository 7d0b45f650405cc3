"""Bounds of what is recorded, as types; ``harness.checks`` holds a record to them when it is written and when it is read."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt, MinLen

Count = Annotated[int, Ge(0), Lt(2**53)]  # exact as a float too, in which figures are computed
Seconds = Annotated[float, Ge(0), Lt(1e9)]  # thirty years are longer than anything that is measured
Positive = Annotated[float, Ge(1e-9), Lt(1e9)]  # what a clock can tell from none; also a rate per second
Share = Annotated[float, Ge(0), Le(1)]
Finite = Annotated[float, Gt(-1e300), Lt(1e300)]  # in other units too
UnixTime = Annotated[
    float, Gt(0), Lt(2**37)
]  # the year 6325: calendars end with 9999, and a chart has a margin
Reason = Annotated[str, MinLen(1)]
