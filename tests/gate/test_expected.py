"""Changes that are expected: told and passed within what was allowed, failed beyond it and after their time."""

import re
from pathlib import Path

import pytest

from harness.metrics import TIME_PER_IMAGE
from harness.session.expected import allowances_of, read_expected
from harness.stats.expected import with_allowances
from harness.stats.judge import Pair
from harness.stats.verdict import Margins
from tests.builders import cell
from tests.ci.sessions import ROOT
from tests.gate.conftest import SUITE
from tests.gate.measuring import Gate, Measuring, verdict

pytestmark = pytest.mark.usefixtures("probed_once")


def expected(folder: Path, **fields: str) -> str:
    """A file with one change; the head of these tests takes 1.5 times as long, and the margin is 30 %."""
    told = {"cell": "thread_pool/other", "by": "+25 %", "why": "retries are on"} | fields
    path = folder / "expected.toml"
    path.write_text("[[change]]\n" + "".join(f'{name} = "{value}"\n' for name, value in told.items()))
    return str(path)


@pytest.mark.parametrize(
    ("fields", "code", "word", "reason"),
    [
        ({}, 0, "expected", "+25 % is expected: retries are on"),
        ({"until": "requests 99.0"}, 0, "expected", "+25 % is expected until requests 99.0: retries are on"),
        ({"cell": "tiny-memory:*/other"}, 0, "expected", "+25 % is expected: retries are on"),
        # 1.3 times 1.1 is 1.43
        ({"by": "10 %"}, 3, "regressed", "beyond what is expected: +10 % is expected: retries are on"),
        (
            {"until": "requests 2.0"},
            3,
            "regressed",
            "+25 % was expected until requests 2.0, and the head has ",
        ),
        ({"cell": "thread_pool/another"}, 3, "regressed", None),
        ({"metric": "peak_rss_bytes"}, 3, "regressed", None),
    ],
)
def test_a_change_is_held_against_what_is_expected(
    measuring: Measuring,
    run: Gate,
    tmp_path: Path,
    fields: dict[str, str],
    code: int,
    word: str,
    reason: str | None,
) -> None:
    measuring.slower = 1.5
    assert run("gate", "--expected", expected(tmp_path, **fields)) == code
    found = verdict(tmp_path)
    [cell] = found["cells"]
    assert (found["verdict"], cell["verdict"]) == (word, word)
    assert cell["reason"] is None if reason is None else cell["reason"].startswith(reason)
    assert ("🟡 expected" in next(tmp_path.glob("gates/*/gate.md")).read_text()) == (word == "expected")


def test_the_file_of_the_documents_is_read_and_its_margin_is_the_product(tmp_path: Path) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL)
    (tmp_path / "expected.toml").write_text(text)
    changes = read_expected(tmp_path / "expected.toml")
    base, head, other = (
        cell(name) for name in ("thread_pool/my_client", "thread_pool/my_client", "gather/x")
    )
    pairs = [Pair(base=base, head=each, metric=TIME_PER_IMAGE) for each in (head, other)]
    said: list[str] = []
    for version, over in (
        ("2.0.9", None),
        ("2.1", "+8 % was expected until mylib 2.1, and the head has 2.1"),
    ):
        found = allowances_of(changes, pairs, {"MyLib": version}, said.append)
        assert [(pair.head, allowance.by, allowance.over) for pair, allowance in found.items()] == [
            (head, 0.08, over)
        ]
        margins = with_allowances(Margins(default=0.05), found)
        assert margins.of(TIME_PER_IMAGE, head) == pytest.approx(0.134 if over is None else 0.05)
        assert margins.of(TIME_PER_IMAGE, other) == 0.05
    assert said == []


def test_what_is_expected_and_did_not_happen_is_no_news(
    measuring: Measuring, run: Gate, tmp_path: Path
) -> None:
    measuring.slower = 1.0
    assert run("gate", "--expected", expected(tmp_path)) == 0
    assert verdict(tmp_path)["verdict"] == "equivalent"


def test_a_change_of_what_is_not_measured_is_said(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower = 1.0
    run("gate", "--expected", expected(tmp_path, cell="no/such"))
    assert (
        "--expected: no cell of this gate is called 'no/such' and judged by time_per_image_s"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"by": "much"}, "change.1.by: must be a share such as 0.08 or \"+8 %\"; 'much' is none"),
        ({"by": "-8 %"}, "change.1.by: Input should be greater than 0"),
        ({"by": "nan %"}, "change.1.by: Input should be a finite number"),
        (
            {"until": "2.1"},
            "change.1.until: must be a package and a version, such as \"mylib 2.1\"; '2.1' is none",
        ),
        ({"until": "nowhere 2.1"}, "until = 'nowhere 2.1': the head has no package nowhere; it has "),
        ({"who": "me"}, "change.1.who: Extra inputs are not permitted"),
        ({"metric": "threads"}, "change.1.metric: no metric to judge by"),
    ],
)
def test_a_file_that_is_wrong_is_one_line(
    run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, str], message: str
) -> None:
    assert run("gate", "--expected", expected(tmp_path, **fields)) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--margin", "30%"], 3)])
def test_a_cell_may_have_a_margin_of_its_own_unless_one_is_said_for_all(
    measuring: Measuring, run: Gate, tmp_path: Path, options: list[str], code: int
) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE + '\n[gate.cell_margins]\n"thread_pool/o*" = 0.60\n"*" = 0.01\n')
    measuring.slower = 1.5
    assert run("gate", "--suite-file", str(path), *options) == code
    assert verdict(tmp_path)["cells"][0]["margin"] == (0.6 if code == 0 else 0.3)
