"""The file of expected changes (``gate --expected FILE``): read, and held against what the head has."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from harness.measure.planning.suite import JudgedKey
from harness.metrics import TIME_PER_IMAGE
from harness.model import Cell, HarnessError
from harness.session.exits import USAGE
from harness.stats.expected import Allowance
from harness.stats.judge import Pair
from harness.text import printable


def _share(value: Any) -> Any:
    """Read "+8 %" as 0.08; a number is one already."""
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("+").rstrip()
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ValueError(f'must be a share such as 0.08 or "+8 %"; {value!r} is none') from None


def _until(text: str) -> str:
    name, _, version = text.partition(" ")
    try:
        Version(version)
    except InvalidVersion:
        raise ValueError(f'must be a package and a version, such as "mylib 2.1"; {text!r} is none') from None
    return f"{name} {version}"


class ExpectedChange(BaseModel):
    """``[[change]]``: how much worse the head may be in some cells, until when and why."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    cell: str = Field(min_length=1)
    metric: JudgedKey = TIME_PER_IMAGE.key
    by: Annotated[float, BeforeValidator(_share), Field(gt=0, lt=10)]
    until: Annotated[str, AfterValidator(_until)] | None = None
    why: str = Field(min_length=1)

    def matches(self, pair: Pair) -> bool:
        """Whether it speaks of this pair."""
        return pair.metric.key == self.metric and names_cell(self.cell, pair.head)

    @property
    def text(self) -> str:
        """For people."""
        until = f" until {self.until}" if self.until else ""
        return printable(f"+{100 * self.by:g} % is expected{until}: {self.why}")


class ExpectedFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    change: list[ExpectedChange]


def names_cell(glob: str, cell: Cell) -> bool:
    """Whether ``VARIANT`` or ``WORKLOAD:VARIANT``, with ``*`` and ``?``, names the cell."""
    return fnmatchcase(f"{cell.workload}:{cell.variant}" if ":" in glob else cell.variant, glob)


def read_expected(path: Path | None) -> tuple[ExpectedChange, ...]:
    """Read the file; none of them without one.

    Raises:
        HarnessError: exit code 2: one line on what is wrong with it.
    """
    if path is None:
        return ()
    try:
        return tuple(ExpectedFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig"))).change)
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror}", exit_code=USAGE) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise HarnessError(f"{path}: {place}: {message}", exit_code=USAGE) from None
    except ValueError as error:
        raise HarnessError(f"{path}: {error}", exit_code=USAGE) from None


def allowances_of(
    changes: Sequence[ExpectedChange],
    pairs: Sequence[Pair],
    packages: Mapping[str, str],
    say: Callable[[str], None],
) -> dict[Pair, Allowance]:
    """What is expected of each pair; the first change that speaks of it counts.

    Args:
        packages: distribution -> version, on the head.
        say: told of a change that speaks of nothing that is measured.

    Raises:
        HarnessError: exit code 2: a change names a package that the head does not have.
    """
    installed: dict[str, str] = {canonicalize_name(name): version for name, version in packages.items()}
    found: dict[Pair, Allowance] = {}
    for change in changes:
        spoken_of = list(filter(change.matches, pairs))
        if not spoken_of:
            say(f"--expected: no cell of this gate is called {change.cell!r} and judged by {change.metric}")
            continue
        allowance = Allowance(by=change.by, text=change.text, over=_over(change, installed))
        found |= {pair: allowance for pair in spoken_of if pair not in found}
    return found


def _over(change: ExpectedChange, installed: Mapping[str, str]) -> str | None:
    if change.until is None:
        return None
    name, _, last = change.until.partition(" ")
    version = installed.get(canonicalize_name(name))
    if version is None:
        raise HarnessError(
            f"--expected: until = {change.until!r}: the head has no package {name}; it has "
            + ", ".join(sorted(installed)),
            exit_code=USAGE,
        )
    try:
        is_over = Version(version) >= Version(last)
    except InvalidVersion:
        return None
    return (
        f"+{100 * change.by:g} % was expected until {change.until}, and the head has {version}"
        if is_over
        else None
    )
