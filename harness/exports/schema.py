"""JSON Schemas (draft 2020-12) of what a run's folder holds, made from the records by which it is written and read."""

import json
from typing import Any, get_args

from pydantic import TypeAdapter

from harness.ledger import Record
from harness.model import Run

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, bytes]:
    """File name -> the schema of ``run.json``, and of one line of ``trials.jsonl``.

    They say of what type and within which bounds each field is. What must agree between fields, ``harness.checks`` says.
    """
    lines = {kind.__name__.lower(): _of(kind) for kind in get_args(Record)}
    shared: dict[str, Any] = {}
    for kind, schema in lines.items():
        shared |= schema.pop("$defs", {})
        schema["properties"] = {"kind": {"const": kind}} | schema["properties"]
        schema["required"] = ["kind", *schema["required"]]
    return {
        "run.schema.json": _written({"title": "run.json of fetchbench"} | _of(Run)),
        "trials.schema.json": _written(
            {
                "title": "one line of trials.jsonl of fetchbench",
                "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in lines],
                "$defs": shared | lines,
            }
        ),
    }


def _of(kind: type) -> dict[str, Any]:
    # As it is written: a workload is flat in files, which is how its record is told there.
    return TypeAdapter(kind).json_schema(mode="serialization")


def _written(schema: dict[str, Any]) -> bytes:
    return json.dumps({"$schema": DRAFT} | schema, indent=1).encode() + b"\n"
