"""Read and check ``suite.toml``: links, workloads, the trial's length, suites. It says field and line of what is wrong."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from harness.link import Link
from harness.measure.processes.launch import ROOT
from harness.metrics import JUDGED, TIME_PER_IMAGE
from harness.model import HarnessError, TrialRules
from harness.schema import FieldError, Shares
from harness.workload import SPECS, Workload, check, check_each

PROJECT_FILE = ROOT / "benchmarks" / "suite.toml"

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _is_judged(key: str) -> str:
    if key not in JUDGED:
        raise ValueError(f"no metric to judge by; there are {', '.join(JUDGED)}")
    return key


JudgedKey = Annotated[str, AfterValidator(_is_judged)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _workload(flat: Any) -> dict[str, Any]:
    """Check the fields of ``[workloads.NAME]``; those that the project decides are no fields of a file."""
    table = _table(flat)
    if fixed := next((name for name in table if name in SPECS and SPECS[name].is_fixed), None):
        raise FieldError(fixed, "is decided by the project, and no field of a file")
    return check(table)


def _link(flat: Any) -> dict[str, Any]:
    """Check the fields of ``[links.NAME]``: any of a workload's."""
    return check_each(_table(flat))


def _mix(flat: Any) -> Shares:
    """Check ``[faults.NAME]``: a share for each of some faults."""
    found: Shares = check_each({"faults": _table(flat)})["faults"]
    return found


def _table(flat: Any) -> dict[str, Any]:
    if not isinstance(flat, dict):
        raise ValueError("must be a table")  # noqa: TRY004 - for whoever wrote the file it is a wrong value
    return flat


class TrialFields(_Strict):
    """``[trial]``."""

    warmups: int = Field(ge=1, le=10)
    trial_s: float = Field(gt=0, le=600)
    max_passes: int = Field(ge=1, le=1_000)
    timeout_s: float = Field(gt=0, le=3_600)


class SuiteFields(_Strict):
    """``[suites.NAME]``."""

    baseline: str
    rounds: int = Field(ge=1, le=1_000)
    workloads: list[str] = Field(min_length=1)
    variants: list[str] = Field(min_length=1)


class SelfCheckFields(_Strict):
    """``[selfcheck]``."""

    variant: str
    workload: str
    twins: int = Field(ge=1, le=20)
    slowdowns: list[Annotated[float, Field(gt=0, le=10)]] = Field(min_length=1)
    margin: float = Field(gt=0, lt=1)
    families: int = Field(ge=1, le=100)
    rounds: int = Field(ge=6, le=1_000)  # the same as of a gate


class GateFields(_Strict):
    """``[gate]``."""

    variants: list[str] = Field(min_length=1)
    workloads: list[str] = Field(min_length=1)
    metrics: list[JudgedKey] = Field(default=[TIME_PER_IMAGE.key], min_length=1)
    margin: float = Field(gt=0, lt=1)
    margins: dict[JudgedKey, Annotated[float, Field(gt=0, lt=1)]] = Field(default={})
    cell_margins: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default={})
    screen_rounds: int = Field(ge=6, le=1_000)  # under six pairs there is no verdict (docs/method.md)
    decide_rounds: int = Field(ge=6, le=1_000)
    trial_s: float = Field(gt=0, le=600)
    budget_s: float = Field(gt=0, le=86_400)


OF_SELFCHECK = "selfcheck"
"""The suite of a self-check's run; no other may have that name."""


def _is_free(name: str) -> str:
    if name == OF_SELFCHECK:
        raise ValueError("that name is the self-check's own")
    return name


class SuiteFile(_Strict):
    """The whole file."""

    links: dict[Name, Annotated[dict[str, Any], BeforeValidator(_link)]]
    faults: dict[Name, Annotated[Shares, BeforeValidator(_mix)]]
    workloads: dict[Name, Annotated[dict[str, Any], BeforeValidator(_workload)]] = Field(min_length=1)
    trial: TrialFields
    selfcheck: SelfCheckFields
    gate: GateFields
    suites: dict[Annotated[Name, AfterValidator(_is_free)], SuiteFields]

    @model_validator(mode="before")
    @classmethod
    def _with_presets(cls, file: Any) -> Any:
        """Let each workload that names a link have its fields, unless it has its own; and so of faults that it names."""
        links, mixes, workloads = (file.get(name, {}) for name in ("links", "faults", "workloads"))
        if not all(isinstance(tables, dict) for tables in (links, mixes, workloads)):
            return file
        whole = dict(workloads)
        for name, table in workloads.items():
            if isinstance(table, dict) and "link" in table:
                link = _named(f"workloads.{name}.link", table["link"], links, "link")
                whole[name] = link | {field: value for field, value in table.items() if field != "link"}
        for name, table in whole.items():
            if isinstance(table, dict) and isinstance(table.get("faults"), str):
                mix = _named(f"workloads.{name}.faults", table["faults"], mixes, "mix of faults")
                whole[name] = table | {"faults": mix}
        return file | {"workloads": whole}

    @model_validator(mode="after")
    def _workloads_exist(self) -> "SuiteFile":
        asked = {f"suites.{name}": suite.workloads for name, suite in self.suites.items()}
        asked |= {"gate": self.gate.workloads, "selfcheck": [self.selfcheck.workload]}
        for name, workloads in asked.items():
            for workload in workloads:
                if workload not in self.workloads:
                    field = "workload" if name == "selfcheck" else "workloads"
                    raise ValueError(f"{name}.{field} names {workload!r}, which is no workload")
        return self

    @property
    def rules(self) -> TrialRules:
        """``[trial]`` as a record."""
        return TrialRules(**self.trial.model_dump())

    def workload(self, name: str) -> Workload:
        """Return the workload as a record; an unknown name is an error that lists the known ones."""
        if name not in self.workloads:
            raise HarnessError(f"no workload {name!r}; there are {', '.join(self.workloads)}", exit_code=2)
        return Workload.of(name, **self.workloads[name])

    def link(self, name: str) -> Link:
        """Return the link as a record; an unknown name is an error that lists the known ones."""
        if name not in self.links:
            raise HarnessError(f"no link {name!r}; there are {', '.join(self.links)}", exit_code=2)
        own = {field.name for field in fields(Link)}
        return Link(**{field: value for field, value in self.links[name].items() if field in own})

    def suite(self, name: str) -> SuiteFields:
        """Return a suite; an unknown name is an error that lists the known ones."""
        if name not in self.suites:
            raise HarnessError(f"no suite {name!r}; there are {', '.join(self.suites)}", exit_code=2)
        return self.suites[name]


def _named(place: str, name: Any, tables: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The table of this name."""
    table = tables.get(name) if isinstance(name, str) else None
    if not isinstance(table, dict):
        raise ValueError(f"{place} names {name!r}, which is no {kind}; there are {', '.join(tables)}")  # noqa: TRY004 - for whoever wrote the file it is a wrong value
    return table


Fields = TypeVar("Fields", bound=_Strict)


def with_options(fields: Fields, asked: Mapping[str, Any], options: Mapping[str, str]) -> Fields:
    """Take what the command line says instead, within the same bounds.

    Args:
        asked: field -> value; None leaves the field as it is.
        options: field -> name of its option, for the message.

    Raises:
        HarnessError: a value is out of bounds.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    try:
        return type(fields).model_validate(fields.model_dump() | given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise HarnessError(f"{options.get(name, name)}: {first['msg']}", exit_code=2) from None


def read_suite_file(path: Path) -> SuiteFile:
    """Read ``path``; anything wrong becomes one line with the place in the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors of Windows begin a file with a mark
        return SuiteFile.model_validate(_completed(tomllib.loads(text)))
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"cannot read {path}: {error}", exit_code=2) from None
    except tomllib.TOMLDecodeError as error:
        raise HarnessError(f"{path}: {error}", exit_code=2) from None
    except RecursionError:
        raise HarnessError(f"{path}: it is nested too deep", exit_code=2) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"] if part != "[key]"]
        message = first["msg"].removeprefix("Value error, ")
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, FieldError):
            place.append(cause.field)
            message = message.removeprefix(f"{cause.field} ")
        where = f"line {line_of(text, place or message.split()[0].split('.'))}: "
        field = f"{'.'.join(place)}: " if place else ""
        raise HarnessError(f"{path}: {where}{field}{message}", exit_code=2) from None
    except ValueError as error:  # such as a number of thousands of digits
        raise HarnessError(f"{path}: {error}", exit_code=2) from None


def _completed(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Add the tables that a file leaves out: those of the project, on all workloads of the file; and its links."""
    project = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))
    own = tables.get("workloads")
    names = list(own) if isinstance(own, dict) else []
    project["gate"]["workloads"] = names
    project["selfcheck"]["workload"] = next(iter(names), "")
    for suite in project["suites"].values():
        suite["workloads"] = names
    usual = {name: table for name, table in project.items() if name != "workloads"}
    presets = {name: tables.get(name, {}) for name in ("links", "faults")}
    return (
        usual
        | dict(tables)
        | {name: project[name] | own if isinstance(own, dict) else own for name, own in presets.items()}
    )


def line_of(text: str, place: list[str]) -> int:
    """Line (from 1) of the key that ``place`` leads to, or of the innermost table or key of it that is there.

    tomllib keeps no lines of values, so the few forms that the file uses are looked for: ``[a.b]`` and ``key =``.
    """
    best, best_depth, table = 1, 0, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):  # TOML knows no other end of a line
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        key = re.match(r"\s*([\w.\"'-]+)\s*=", line)
        if header:
            table = [part.strip("\"' ") for part in header[1].split(".")]
            here = table
        elif key:
            here = [*table, *(part.strip("\"' ") for part in key[1].split("."))]
        else:
            continue
        depth = len(here)
        if here == place[:depth] and depth > best_depth:
            best, best_depth = number, depth
    return best
