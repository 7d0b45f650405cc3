"""How to read each kind of figure, in a few sentences that stand below it. No figure of a run is named here."""

CAPTIONS = {
    "ranking": (
        "Each mark is the metric of the title over that of the baseline, paired by round, with its 95 % interval. The "
        "shaded band is the margin: changes inside of it are of no interest. Grey rows are not ranked."
    ),
    "completion": (
        "Share of the images done against time, median over the timed passes. A panel per concurrency model; grey: "
        "all other variants."
    ),
    "latency": (
        "Left: the ECDF. Right: percentiles, on an axis on which each nine takes the same room. From the call of "
        "fetch until the body is in the sink; a closed loop, in which a call waits for a free connection too. "
        "Curves end where fewer than 10 images lie beyond. In colour: the baseline and the fastest of each "
        "concurrency model, at most 7; the data table has all."
    ),
    "cost": (
        "Ringed and joined: the Pareto front, which no other ranked variant beats on both axes. The client's "
        "process only; what the server used stands under “Audit”."
    ),
    "heat-map": (
        "Darker is worse; 1.00× is the best of its column, – is not ranked. The best over all workloads stands "
        "on top."
    ),
    "factors": (
        "The metric with one client, concurrency model or loop over the metric with another, averaged over all pairs of "
        "variants that differ in nothing else. A wide band says that the effect depends on the rest of the "
        "variant, so that the mean tells little."
    ),
    "host": (
        "The same CPU loop and the same loopback echo before each round, over their median: a level line is a "
        "steady host."
    ),
    "primitives-together": (
        "Median over the rounds of pytest-benchmark, divided by how many coroutines were together. Starting the loop "
        "is not part of it. Measured by nox -s primitives, not in this run."
    ),
    "primitives-ladder": (
        "One use of each, on the loops that have it. Measured by nox -s primitives, not in this run."
    ),
    "primitives-waiting": (
        "Left: what giving way with sleep(0) buys the others. Right: an executor that is full makes its jobs queue. "
        "Measured by nox -s primitives, not in this run."
    ),
    "scaling": "Images per second against how many may be in flight, with 95 % bands; a panel per client.",
}
