"""A gate as JUnit XML: one test case per cell, a failure for a regression, skipped for what is undecided."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from harness.metrics import TIME_PER_IMAGE
from harness.outcomes import OUTCOMES
from harness.report.comparison import name
from harness.report.gate.record import Gate, message
from harness.stats.judge import Finding
from harness.text import printable


def junit_xml(gate: Gate) -> bytes:
    """``junit.xml``, as the schema of Jenkins' xUnit plugin has it; a gate that broke off is an error of its own."""
    kinds = [OUTCOMES[finding.word].junit for finding in gate.findings]
    broken = gate.reason is not None and gate.exit_code not in {0, 3}
    suite = ET.Element(
        "testsuite",
        name="fetchbench gate",
        tests=str(len(kinds) + broken),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error") + broken),
        skipped=str(kinds.count("skipped")),
        timestamp=f"{datetime.fromtimestamp(gate.created_at, UTC):%Y-%m-%dT%H:%M:%S}",
    )
    for finding in gate.findings:
        _case(suite, finding)
    if broken:
        case = ET.SubElement(suite, "testcase", classname="gate", name="the gate itself")
        ET.SubElement(case, "error", message=printable(gate.reason or ""), type=gate.word)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    cell = finding.pair.head
    metric = "" if finding.pair.metric is TIME_PER_IMAGE else f", {finding.pair.metric.label}"
    label = name(finding).removeprefix(f"{cell.workload}: ") + metric
    case = ET.SubElement(
        suite, "testcase", classname=printable(f"gate.{cell.workload}"), name=printable(label)
    )
    kind = OUTCOMES[finding.word].junit
    if kind == "skipped":
        ET.SubElement(case, kind, message=printable(message(finding)))
    elif kind:
        ET.SubElement(case, kind, message=printable(message(finding)), type=finding.word)
    else:
        ET.SubElement(case, "system-out").text = printable(message(finding))
