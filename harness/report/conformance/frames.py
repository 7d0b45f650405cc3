"""The records as frames, a row each, for CSV."""

from collections.abc import Sequence

import pandas as pd

from harness.measure.conformance.limits import Endured
from harness.measure.conformance.outcomes import Conduct
from harness.measure.conformance.survival import Survival
from harness.model import NONE

CONDUCTS = [
    "side",
    "client",
    "version",
    "loop",
    "scheme",
    "fault",
    "outcome",
    "surprises",
    "error",
    "message",
    "requests",
    "took_s",
    "leaked",
    "differs",
    "reason",
]
SURVIVALS = ["side", "model", "client", "loop", "others", "least", "most", "told", "reason"]
ENDURED = [
    "side",
    "limit",
    "model",
    "client",
    "loop",
    "images",
    "verified",
    "errors",
    "message",
    "raised",
    "last_s",
    "reason",
]


Place = tuple[str, str, str, str]  # side, client, scheme and fault


def place(conduct: Conduct) -> Place:
    """Which of all meetings it is of."""
    return conduct.side, conduct.client, conduct.scheme, conduct.fault


def differing(conducts: Sequence[Conduct]) -> dict[Place, Conduct]:
    """Place of what is not as on the first side -> what it is there."""
    first: dict[tuple[str, ...], Conduct] = {}
    found = {}
    for conduct in conducts:
        there = first.setdefault(place(conduct)[1:], conduct)
        if _gist(conduct) != _gist(there):
            found[place(conduct)] = there
    return found


def _gist(conduct: Conduct) -> tuple[object, ...]:
    return conduct.outcome, conduct.surprises, conduct.error


def conducts_frame(conducts: Sequence[Conduct]) -> pd.DataFrame:
    """One row per side, client, scheme and fault."""
    others = differing(conducts)
    rows = [
        {
            **{name: getattr(conduct, name) for name in CONDUCTS if name != "differs"},
            "loop": conduct.loop or NONE,
            "surprises": "; ".join(conduct.surprises),
            "differs": place(conduct) in others,
        }
        for conduct in conducts
    ]
    return pd.DataFrame(rows, columns=CONDUCTS).astype({"leaked": "Int64"})


def survivals_frame(survivals: Sequence[Survival]) -> pd.DataFrame:
    """One row per side and model."""
    rows = [
        {name: getattr(survival, name) for name in SURVIVALS} | {"loop": survival.loop or NONE}
        for survival in survivals
    ]
    return pd.DataFrame(rows, columns=SURVIVALS).astype(dict.fromkeys(["least", "most"], "Int64"))


def endured_frame(endured: Sequence[Endured]) -> pd.DataFrame:
    """One row per side, limit and program; of several classes of errors the words of the commonest."""
    rows = []
    for program in endured:
        ordered = sorted(program.errors.items(), key=lambda error: -error[1][0])
        row = {name: getattr(program, name, None) for name in ENDURED}
        row["loop"] = program.loop or NONE
        row["errors"] = " ".join(f"{kind}={count}" for kind, (count, _) in ordered)
        row["message"] = ordered[0][1][1] if ordered else None
        rows.append(row)
    return pd.DataFrame(rows, columns=ENDURED).astype({"verified": "Int64"})
