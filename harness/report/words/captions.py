"""How to read each kind of figure, in a few sentences that stand below it. No figure of a run is named here."""

CAPTIONS = {
    "ranking": (
        "Each mark is a variant's metric over that of the baseline, paired by round, with its 95 % interval; below it a "
        "stroke for each round. We ignore differences inside the shaded band. Grey rows are not ranked."
    ),
    "race": (
        "Of the fastest variant of each concurrency model one whole pass, the one nearest to its median. A bar is an image, "
        "from the call of fetch until its body is there; all strips have one time axis, from zero."
    ),
    "phases": (
        "One more pass of each variant, watched request by request; it belongs to no other figure. Means over its images, "
        "from the call of fetch. Before sending: it waits for a place in the client's pool or for its turn on the CPU, or "
        "the client is at work; the wait in a model before the call is not in it. Wait for the first byte: the round trip "
        "of the line and the server's thinking. Receiving: the line, and the client that reads. At the end: all of them."
    ),
    "completion": (
        "Share of the images done against time, median over the timed passes. A panel per concurrency model; grey: "
        "the first of all to be through."
    ),
    "latency": (
        "Left: share of the images that were there within this time. Right: how long the slowest half, tenth, hundredth "
        "took at least. From the call of fetch until the body is in the sink, so it waits for a free place too. "
        "Curves end where fewer than 10 images lie beyond. In colour: the baseline and the fastest of each "
        "concurrency model, at most 7; the data table has all."
    ),
    "cost": (
        "Ringed and joined: those that no other ranked variant beats on both axes. The client's "
        "process only; what the server used stands under “Audit”."
    ),
    "factors": (
        "The metric with one client, concurrency model or loop over the metric with another, averaged over all pairs of "
        "variants that differ in nothing else. Wide band: it depends on the rest of the variant; look at each one."
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
    "scaling": "A figure against the one number in which these workloads differ, with 95 % bands; a panel per client.",
}
