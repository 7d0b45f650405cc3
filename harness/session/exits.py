"""Exit codes, for CI to act on."""

FINE = 0
FAILED = 1  # of the harness, or of a contender in a workload
USAGE = 2
REGRESSED = 3
UNDECIDED = 4  # inconclusive, or not comparable
NOTHING = 5  # nothing was measured
INTERRUPTED = 130
