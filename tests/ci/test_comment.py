"""The comment on a pull request: whose it is, when it is made, and that what it quotes can do no harm."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

SPEC = importlib.util.spec_from_file_location("comment", Path(__file__).parents[2] / ".github" / "comment.py")
assert SPEC is not None
assert SPEC.loader is not None
comment = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(comment)

ENVIRONMENT = {
    "GITHUB_REPOSITORY": "us/project",
    "HEAD": "them:branch",
    "HEAD_SHA": "b" * 40,
    "RUN_URL": "https://github.com/us/project/actions/runs/1",
}


class GitHub:
    """Answers as the API does, and writes down what was changed."""

    def __init__(self, comments: list[dict[str, Any]], sha: str = "b" * 40) -> None:
        self.changes: list[tuple[str, str, str]] = []
        self._comments = comments
        self._sha = sha

    def __call__(self, method: str, path: str, **fields: str) -> Any:
        if path == "repos/us/project/pulls":
            assert fields == {"state": "open", "head": "them:branch"}
            return [{"number": 6, "head": {"sha": "a" * 40}}, {"number": 7, "head": {"sha": self._sha}}]
        if method == "GET":
            first = 100 * (int(fields["page"]) - 1)
            return self._comments[first : first + 100]
        self.changes.append((method, path, fields["body"]))
        return {}


def said(login: str, body: str, number: int = 1) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


@pytest.fixture
def found(tmp_path: Path) -> Path:
    (tmp_path / "gates" / "1").mkdir(parents=True)
    (tmp_path / "gates" / "1" / "gate.md").write_text("**slower** | 1.10")
    write(tmp_path, "regressed")
    return tmp_path


def write(folder: Path, verdict: str) -> None:
    (folder / "gates" / "1" / "verdict.json").write_text(json.dumps({"verdict": verdict}))


def test_a_change_is_commented_on_the_pull_request_that_stands_at_the_measured_commit(found: Path) -> None:
    hub = GitHub([said("them", f"{comment.MARKER} not yours")])
    assert comment.main(found, ENVIRONMENT, hub) == "#7: commented"
    ((method, path, body),) = hub.changes
    assert (method, path) == ("POST", "repos/us/project/issues/7/comments")
    assert body.startswith(f"{comment.MARKER}\n**slower** | 1.10\n")
    assert ENVIRONMENT["RUN_URL"] in body


@pytest.mark.parametrize("verdict", sorted(comment.QUIET))
def test_no_change_says_nothing_unless_something_was_said_before(found: Path, verdict: str) -> None:
    write(found, verdict)
    hub = GitHub([])
    assert comment.main(found, ENVIRONMENT, hub) == "#7: nothing changed, nothing said"
    assert hub.changes == []


def test_an_earlier_comment_is_updated_also_beyond_the_first_page(found: Path) -> None:
    write(found, "equivalent")
    hub = GitHub([said("them", "hello")] * 120 + [said("github-actions[bot]", f"{comment.MARKER}\nold", 99)])
    assert comment.main(found, ENVIRONMENT, hub) == "#7: comment updated"
    assert [change[:2] for change in hub.changes] == [("PATCH", "repos/us/project/issues/comments/99")]


def test_a_commit_that_is_no_head_any_more_gets_no_comment(found: Path) -> None:
    hub = GitHub([], sha="c" * 40)
    assert comment.main(found, ENVIRONMENT, hub) == "no open pull request has this commit as its head"
    assert hub.changes == []


def test_nothing_measured_is_nothing_to_tell(tmp_path: Path) -> None:
    assert comment.main(tmp_path, ENVIRONMENT, GitHub([])) == "no verdict to tell of"


def test_the_gates_own_folding_stays() -> None:
    text = "<details><summary>3 without a change</summary>\n<b>x</b>\n</details>"
    assert comment.plain(text) == text.replace("<b>", "&lt;b>").replace("</b>", "&lt;/b>")


def test_what_is_quoted_calls_nobody_links_nowhere_and_fits() -> None:
    text = comment.plain(
        "@everyone <img src=x> [click](https://evil.invalid) ![i](http://x) <!-- " + "x" * 70_000
    )
    for dangerous in ("@e", "<", "](", "://"):
        assert dangerous not in text
    assert len(text) < 65_536
    text = comment.plain("## Gate of www.evil.example/x, WWW.evil.example, #12, owner/repo#3 and GH-4")
    for dangerous in ("www.", "WWW.", "#1", "#3", "GH-"):
        assert dangerous not in text
    assert text.startswith("## Gate")
