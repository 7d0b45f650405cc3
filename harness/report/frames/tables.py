"""All frames of a run, made once; and the joined view of them that ranked tables and charts are made from."""

from dataclasses import dataclass

import pandas as pd

from harness.ledger import Ledger
from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE, SERVER_IN_FLIGHT, SUCCESS, Metric
from harness.model import NONE, Plan
from harness.outcomes import ASKED, MEASURED
from harness.report import units
from harness.report.frames import answer, audit, cells, effects, limits
from harness.report.frames.curves import curves
from harness.report.frames.errors import errors
from harness.report.frames.phases import phases
from harness.report.frames.race import race
from harness.report.frames.sources import extra_packages
from harness.stats.judge import Judgement

CELL = ["workload", "variant", "side"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Each is one CSV file of the same name, but for ``ranked``, which joins summary and effects.

    Attributes:
        metric: that the run is judged by.
        ranked: one row per row of the summary, with its effect against the baseline, and the power of ten at which each
            estimate is rounded where it is shown (``_place``); what the server saw in flight is left out where it answered
            before the next request could arrive, and the share of images that were verified where none may fail.
    """

    metric: Metric
    workloads: pd.DataFrame
    passes: pd.DataFrame
    trials: pd.DataFrame
    summary: pd.DataFrame
    effects: pd.DataFrame
    pairs: pd.DataFrame
    factors: pd.DataFrame
    latency: pd.DataFrame
    latency_curve: pd.DataFrame
    completion: pd.DataFrame
    race: pd.DataFrame
    phases: pd.DataFrame
    picks: pd.DataFrame
    host: pd.DataFrame
    parity: pd.DataFrame
    notes: pd.DataFrame
    errors: pd.DataFrame
    selfcheck: pd.DataFrame
    lessons: pd.DataFrame
    facts: pd.DataFrame
    ranked: pd.DataFrame

    @property
    def files(self) -> dict[str, pd.DataFrame]:
        """File name -> frame; an empty one is a file with its header alone."""
        return {
            f"{name}.csv": getattr(self, name) for name in self.__slots__ if name not in {"metric", "ranked"}
        }


def make_tables(ledger: Ledger, judgement: Judgement) -> Tables:
    """Make every frame of a run."""
    of_passes = cells.passes(ledger)
    found = curves(ledger)
    summary = _with_reasons(cells.summary(ledger, judgement, of_passes, found.latency), ledger)
    compared = effects.effects(judgement)
    return Tables(
        metric=judgement.metric,
        workloads=cells.workloads(ledger),
        passes=of_passes,
        trials=cells.trials(ledger, judgement),
        summary=summary,
        effects=compared,
        pairs=effects.pairs(judgement),
        factors=effects.factors(judgement),
        latency=found.latency,
        latency_curve=found.latency_curve,
        completion=found.completion,
        race=race(ledger, summary),
        phases=phases(ledger),
        picks=answer.picks(summary, judgement.metric),
        host=audit.host(ledger),
        parity=audit.parity(ledger),
        notes=audit.notes(judgement),
        errors=errors(ledger),
        selfcheck=audit.selfcheck(ledger),
        lessons=audit.lessons(ledger),
        facts=audit.facts(ledger),
        ranked=_ranked(summary, compared, ledger.run.plan),
    )


def _with_reasons(summary: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Say what each variant needs, and what limits each cell."""
    found = pd.DataFrame(limits.limits(ledger, summary.to_dict("records")), columns=[*CELL, *limits.COLUMNS])
    joined = summary.merge(found, on=CELL, how="left")
    shares = dict.fromkeys(limits.COLUMNS[1:], "float64")
    return joined.assign(
        limited_by=joined["limited_by"].fillna(NONE),
        extra_packages=joined["variant"].map(extra_packages(ledger)),
    ).astype(shares)


def _ranked(summary: pd.DataFrame, compared: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    ratios = ["ratio", "ratio_low", "ratio_high", "margin", "verdict"]
    joined = summary.merge(compared[[*CELL, *ratios]], on=CELL, how="left")
    parts = [_with_places(_with_fronts(rows)) for _, rows in joined.groupby("workload", sort=False)]
    whole = pd.concat(parts) if parts else _with_places(_with_fronts(joined))
    is_baseline = (whole["variant"] == plan.baseline) & whole["state"].isin(ASKED)
    is_measured = whole["state"].isin(MEASURED)
    is_compared = (
        is_measured & whole["ratio"].notna()
    )  # beside a baseline that failed there is nothing to decide
    verdict = whole["verdict"].astype(object).where(is_compared).where(~is_baseline, "baseline")
    telling = [workload.name for workload in plan.workloads if workload.network.shows_in_flight]
    in_flight = whole[SERVER_IN_FLIGHT.key].where(whole["workload"].isin(telling))
    forgiving = [workload.name for workload in plan.workloads if workload.is_forgiving]
    success = whole[SUCCESS.key].where(whole["workload"].isin(forgiving))
    shown = {SERVER_IN_FLIGHT.key: in_flight, SUCCESS.key: success}
    return whole.assign(is_baseline=is_baseline, verdict=verdict, **shown)


def _with_fronts(rows: pd.DataFrame) -> pd.DataFrame:
    """Mark the ranked rows that no other ranked row beats in both throughput and one cost."""
    ranked = rows[rows["state"] == "ranked"]
    return rows.assign(
        on_cpu_front=rows.index.isin(front(ranked, CLIENT_CPU.key)),
        on_memory_front=rows.index.isin(front(ranked, PEAK_RSS.key)),
    )


def _with_places(rows: pd.DataFrame) -> pd.DataFrame:
    """Say where the estimates of one table are rounded, so that no text contradicts the order."""
    found = {}
    for key in (RATE.key, "ratio"):
        estimates = rows[[key, f"{key}_low", f"{key}_high"]].astype("float64")
        shown = estimates[estimates[key] > 0]
        found[f"{key}_place"] = pd.Series(
            units.places_of(list(shown.itertuples(index=False, name=None))), shown.index, dtype="float64"
        )
    return rows.assign(**found)


def front(rows: pd.DataFrame, cost: str) -> pd.Index:
    """Index of the rows that no other row beats in both throughput and this cost."""
    ordered = rows.sort_values([cost, RATE.key], ascending=[True, False])
    return ordered.index[ordered[RATE.key] > ordered[RATE.key].cummax().shift(fill_value=-1.0)]
