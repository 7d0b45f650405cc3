"""The comment on a pull request: whose it is, when it is made, and that what it quotes can do no harm."""

import html
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

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
    (folder / "gates" / "1" / "verdict.json").write_text(json.dumps({"verdict": verdict, "cells": []}))


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


def test_every_gate_of_the_job_is_told_and_one_that_suspects_a_slow_down_is_never_silent(found: Path) -> None:
    write(found, "equivalent")
    (found / "gates" / "2").mkdir()
    (found / "gates" / "2" / "gate.md").write_text("suspected: 1.3")
    verdict = {"verdict": "inconclusive", "cells": [{"suspected": False}, {"suspected": True}]}
    (found / "gates" / "2" / "verdict.json").write_text(json.dumps(verdict))
    hub = GitHub([])
    assert comment.main(found, ENVIRONMENT, hub) == "#7: commented"
    ((_, _, body),) = hub.changes
    assert body.startswith(f"{comment.MARKER}\n**slower** | 1.10\n\nsuspected: 1.3\n")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"verdict": "equivalent"}', "[" * 100_000, "\udc80"])
def test_a_verdict_that_cannot_be_read_is_told_and_stops_nothing(found: Path, text: str) -> None:
    (found / "gates" / "1" / "verdict.json").write_bytes(text.encode(errors="surrogateescape"))
    (found / "gates" / "1" / "gate.md").write_bytes(b"\xff it is")
    assert comment.main(found, ENVIRONMENT, GitHub([])) == "#7: commented"


def test_what_an_artifact_lacks_is_told_and_a_link_out_of_it_is_not_followed(
    found: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("of the runner")
    text = found / "gates" / "1" / "gate.md"
    text.unlink()
    for _ in range(2):
        hub = GitHub([])
        assert comment.main(found, ENVIRONMENT, hub) == "#7: commented"
        ((_, _, body),) = hub.changes
        assert body.startswith(f"{comment.MARKER}\ngate.md is missing\n")
        text.unlink(missing_ok=True)
        text.symlink_to(outside)


def test_the_body_goes_by_standard_input_and_a_question_in_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "gh"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\nprint(json.dumps([sys.argv[1:], sys.stdin.read()]))"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    body = "\N{PARTY POPPER}" * 60_000  # no argument can be as long
    arguments, data = comment.gh("POST", "repos/us/project/issues/7/comments", body=body)
    assert arguments == ["api", "--method", "POST", "repos/us/project/issues/7/comments", "--input", "-"]
    assert json.loads(data) == {"body": body}
    arguments, data = comment.gh("GET", "repos/us/project/pulls", state="open", head="them:a&b")
    assert arguments == ["api", "--method", "GET", "repos/us/project/pulls?state=open&head=them%3Aa%26b"]
    assert data == ""


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def shown(markdown: str) -> str:
    """What a reader sees, on one line."""
    tokens = [inline for block in MARKDOWN.parse(markdown) for inline in (block.children or [block])]
    seen = "".join(
        " " if token.type == "softbreak" else token.content for token in tokens if token.type != "html_block"
    )
    return seen.replace(comment.BREAK, "")


def calls_nobody(markdown: str) -> bool:
    """Whether nothing in it is a link, an image, a tag, a mention, a reference, an address or a commit."""
    kinds = {
        token.type: token.content
        for block in MARKDOWN.parse(markdown)
        for token in [block, *(block.children or [])]
    }
    outside = re.sub(r"(?s)<code>.*?</code>", "\0", MARKDOWN.render(markdown))  # code is never acted upon
    rendered = html.unescape(re.sub(r"<[^>]*>", "\0", outside))
    return not {"link_open", "image", "html_inline"} & kinds.keys() and not re.search(
        r"(?i)@\w|#\d|gh-\d|://|www\.|[0-9a-f]{7}", rendered
    )


@pytest.mark.parametrize(
    "text",
    [
        "@everyone and \\@everyone, a@b.example",
        "&commat;name, &#64;name, &#x40;name, &num;1, &#35;1, #&#49;, &NUM;1",
        "&amp;commat;name and &amp;amp;num;1",
        "[x][r], [r], ![x][r]\n\n[r]: //host.example",
        "[click](https://evil.example) ![i](http://x)",
        "<img src=x> <a href=//x>x</a> <https://evil.example> <!-- ",
        "https:&#47;&#47;evil.example, https:\\/\\/evil.example, WWW.evil.example, www&period;evil.example",
        "#12, \\#12, owner/repo#3, GH-4, gh&#45;4, owner/repo@abc",
        "0123456789abcdef0123456789abcdef01234567 and 1234567, us/project@0123456789",
        "zero\u200b@\u2060name \u202e reversed #\u200d1",
        "| a | b |\n|---|---|\n| @x | [y][r] |\n\n[r]: http://x",
        "a footnote[^1]\n\n[^1]: http://x",
    ],
)
def test_what_is_quoted_calls_nobody_and_links_nowhere(text: str) -> None:
    assert not calls_nobody(f"{text} @check")
    assert calls_nobody(comment.plain(text))


PARTS = [
    *(
        "@",
        "#",
        "&",
        ";",
        ":",
        "/",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "!",
        "`",
        "*",
        "_",
        "~",
        "\\",
        "|",
        "$",
        "-",
        "\n",
        " ",
    ),
    *(
        "&commat;",
        "&num;",
        "&lbrack;",
        "&lt;",
        "&#58;",
        "name",
        "1",
        "GH",
        "www.",
        "http",
        "abcdef0",
        "]: //x",
    ),
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_no_text_whatever_calls_anybody(text: str) -> None:
    assert calls_nobody(comment.plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "a < b & c > d, 5 % of #x, `x[1]`",
        "x &lt; y &amp; z",
        "\\[1\\] \\*no\\* \\#1 \\$2",
        "aiohttp&lt;4, mylib &#64; git+https:&#47;&#47;host/x, a\\_b",
        "&amp;lt; stays what it is, and so does &unknown; and AT&T",
        "\N{LARGE RED CIRCLE} 1.10× [1.05–1.15]",
    ],
)
def test_honest_text_is_shown_as_it_was(text: str) -> None:
    assert shown(comment.plain(text)) == shown(text)


def test_the_gates_tables_headings_and_folds_stay() -> None:
    table = "| a | b |\n|---|--:|\n| x\\|y | 1 |\n"
    text = f"## Gate: **slower**\n\n<details><summary>3 without</summary>\n\n{table}\n</details>\n"
    made = MARKDOWN.render(comment.plain(text))
    assert made == MARKDOWN.render(text)
    for part in ("<h2>", "<strong>", "<details><summary>", "<td>x|y</td>", "</details>"):
        assert part in made


@pytest.mark.parametrize("sign", ["x", "\N{PARTY POPPER}", "$", "\N{PARTY POPPER}\n"])
def test_a_long_text_is_cut_where_github_takes_it(sign: str) -> None:
    text = comment.plain(sign * 60_000)
    assert len(text.encode()) < 65_000
    assert text.endswith("\n\n(cut; the artifact has all)") == (sign != "x")
    assert not re.search(r"&[^;]{0,4}\n\n\(cut", text)
