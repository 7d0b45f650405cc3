"""The options that say by which metrics a command judges."""

import argparse

from harness.metrics import JUDGED, Metric, judged_metric
from harness.model import HarnessError


def add_metric_option(parser: argparse.ArgumentParser, default: str) -> None:
    """Add ``--metric``."""
    parser.add_argument(
        "--metric",
        type=metrics,
        metavar="KEY,...",
        help=f"what is judged, one or several of {', '.join(JUDGED)} (default: {default})",
    )


def add_judge_option(parser: argparse.ArgumentParser, default: str) -> None:
    """Add ``--judge``."""
    parser.add_argument(
        "--judge",
        type=metric,
        metavar="METRIC",
        help=f"what rows are ranked and compared by, one of {', '.join(JUDGED)} (default: {default})",
    )


def metric(text: str) -> Metric:
    """Read the key of a metric that is judged, for argparse."""
    try:
        return judged_metric(text)
    except HarnessError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def metrics(text: str) -> tuple[Metric, ...]:
    """Read keys with commas between them, for argparse."""
    return tuple(dict.fromkeys(metric(key.strip()) for key in text.split(",")))
