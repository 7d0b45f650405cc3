"""The figures of the primitives that a run quotes; none without them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO

import pandas as pd
from matplotlib.figure import Figure

from harness.ledger import Ledger
from harness.report import primitives
from harness.report.exhibits import Exhibit
from harness.report.style import Look
from harness.report.voice import Column

Draw = Callable[[pd.DataFrame, Mapping[str, Look], str], Figure]

NAMED = (Column(key="primitive", head="primitive", unit=None), Column(key="loop", head="loop", unit=None))
SIZE = Column(key="size", head="together", unit="count")
EACH = Column(key="per_operation_s", head="each", unit="s")
STALL = Column(key="longest_stall_s", head="longest wait of a neighbour", unit="s")
QUEUE = Column(key="queue_wait_p50_s", head="median wait for a thread", unit="s")


def exhibits(book: Ledger) -> Iterator[Exhibit]:
    """Yield the figures of the primitives; none without them."""
    if book.primitives is None:
        return
    frame = pd.read_csv(BytesIO(book.primitives), keep_default_na=False, na_values=[""])
    python = frame["python"].iloc[0]
    shown = (
        ("together", primitives.together, "Coroutines together: what each one costs", (SIZE, EACH)),
        ("ladder", primitives.ladder, "What one use of a primitive costs", (EACH,)),
        ("waiting", primitives.waiting, "What waits when something blocks", (SIZE, STALL, QUEUE)),
    )
    for name, draw, title, columns in shown:
        yield Exhibit(
            name=f"primitives-{name}",
            kind=f"primitives-{name}",
            workload=None,
            title=f"{title} (Python {python})",
            frame=frame,
            table=_rows(frame, name),
            columns=(*NAMED, *columns),
            csv="primitives.csv",
            draw=partial(_with_own_looks, draw),
        )


def _rows(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows that a figure draws."""
    if name == "together":
        return frame[frame["group"] == "together"]
    if name == "ladder":
        return frame[frame["group"].isin(primitives.LADDER_GROUPS) & (frame["size"] <= 1)]
    return frame[frame["longest_stall_s"].notna() | frame["queue_wait_p50_s"].notna()]


def _with_own_looks(draw: Draw, frame: pd.DataFrame, _: Mapping[str, Look], title: str) -> Figure:
    """A loop is no variant: it keeps its own colour and mark."""
    return draw(frame, primitives.LOOKS, title)
