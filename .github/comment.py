"""Say on a pull request what its gates found: one comment, made or updated, and only if there is something to say.

It needs the standard library and GitHub's `gh`. What it reads was made by the pull request's own code, so that is data:
the number of the pull request is asked of GitHub by the commit, and the text can call nobody and link nowhere.
"""

import html
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

MARKER = "<!-- fetchbench gate -->"
AUTHOR = "github-actions[bot]"
MOST_BYTES = (
    64_000  # GitHub refuses a comment of more than 65,536 characters, and an emoji may count as several
)
QUIET = frozenset({"equivalent", "no change", "inconclusive"})

BREAK = "\u200b"  # takes no room, and what it stands in is no name, number or address any more
OWN_TAGS = ("<details><summary>", "</summary>", "</details>")  # the gate's own, and they only fold
TOKEN = re.compile(
    "|".join(map(re.escape, OWN_TAGS))
    + r"|\\[!-/:-@\[-`{-~]"  # a sign that a backslash takes its meaning from
    + r"|&(?:\#[0-9]+|\#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);"
    + r"|`{3,}|~{3,}|.",
    re.DOTALL,
)
# GitHub acts on these, wherever they come to stand in what is shown: mentions, references, addresses, commits, links, tags.
ACTIVE = re.compile(
    r"@|\#(?=\d)|gh(?=-\d)|www(?=\.)|:(?=//)|[0-9a-f]{6}(?=[0-9a-f])|\](?=[(\[:])|<(?=[a-z/!?])|&(?=[\#a-z])",
    re.IGNORECASE,
)

Call = Callable[..., Any]
"""call(method, path, **fields): one request to GitHub's API, its answer decoded."""


def main(folder: Path, environment: Mapping[str, str], call: Call) -> str:
    """Make, update or leave the comment; return what was done, for the log."""
    found = sorted(folder.rglob("verdict.json"))
    if not found:
        return "no verdict to tell of"
    text = "\n\n".join(read(path.with_name("gate.md"))[:MOST_BYTES] for path in found)
    repository = environment["GITHUB_REPOSITORY"]
    number = pull_request(repository, environment["HEAD"], environment["HEAD_SHA"], call)
    if number is None:
        return "no open pull request has this commit as its head"
    mine = own_comment(repository, number, call)
    if mine is None and all(map(is_quiet, found)):
        return f"#{number}: nothing changed, nothing said"
    body = f"{MARKER}\n{plain(text)}\n\n[The run]({environment['RUN_URL']}) has the raw values.\n"
    if mine is None:
        call("POST", f"repos/{repository}/issues/{number}/comments", body=body)
        return f"#{number}: commented"
    call("PATCH", f"repos/{repository}/issues/comments/{mine}", body=body)
    return f"#{number}: comment updated"


def read(path: Path) -> str:
    """Return what the file of an artifact says; a link could lead to what is none of it."""
    if path.is_symlink() or not path.is_file():
        return f"{path.name} is missing"
    return path.read_text(encoding="utf-8", errors="replace")


def is_quiet(path: Path) -> bool:
    """Whether a verdict found nothing that changed, and suspects nothing; what cannot be read is told."""
    try:
        verdict = json.loads(read(path))
        return verdict["verdict"] in QUIET and not any(cell["suspected"] for cell in verdict["cells"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def pull_request(repository: str, head: str, commit: str, call: Call) -> int | None:
    """Return the open pull request from branch ``head`` (owner:branch) that stands at ``commit``."""
    for found in call("GET", f"repos/{repository}/pulls", state="open", head=head):
        if found["head"]["sha"] == commit:
            return int(found["number"])
    return None


def own_comment(repository: str, number: int, call: Call) -> int | None:
    """Return the comment that an earlier run of this made."""
    page = 1
    while comments := call(
        "GET", f"repos/{repository}/issues/{number}/comments", per_page="100", page=str(page)
    ):
        for comment in comments:
            if comment["user"]["login"] == AUTHOR and comment["body"].startswith(MARKER):
                return int(comment["id"])
        page += 1
    return None


def plain(text: str) -> str:
    """Return Markdown that shows the same, in its tables, bold words and folds, but calls nobody and links nowhere.

    Whatever stands for a sign is decoded first: a name is found by what is shown, not by how it was written.
    """
    tokens = list(_tokens(text))
    shown = "".join(sign for sign, _ in tokens)
    ends = {found.end() - 1 for found in ACTIVE.finditer(shown)}
    done = "".join(
        f"{written}{BREAK}" if place in ends else written for place, (_, written) in enumerate(tokens)
    )
    if len(done.encode()) <= MOST_BYTES:
        return done
    cut = done.encode()[:MOST_BYTES].decode(errors="ignore")
    whole, newline, _ = cut.rpartition("\n")
    return (whole if newline else cut.rpartition("&")[0] or cut) + "\n\n(cut; the artifact has all)"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Each sign that is shown, and how to write it so that it is that sign and nothing more."""
    for part in TOKEN.findall(text):
        if part in OWN_TAGS:
            yield "\n", part
        elif part[0] == "\\" and len(part) > 1:
            yield part[1], part
        elif len(part) > 1:  # a fence of code, or a reference
            for sign in html.unescape(part):
                yield from _visible(sign, _reference(sign))
        else:
            yield from _visible(part, _reference(part) if part == "$" else part)


def _visible(sign: str, written: str) -> Iterator[tuple[str, str]]:
    """Leave out what cannot be seen: it could hide a name, or turn the direction of writing."""
    if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}:
        yield sign, written


def _reference(sign: str) -> str:
    """The sign without a meaning in Markdown: punctuation as a numeric reference."""
    return f"&#{ord(sign)};" if sign.isascii() and sign.isprintable() and not sign.isalnum() else sign


def gh(method: str, path: str, **fields: str) -> Any:
    """Ask GitHub with its own program, which takes the token from GH_TOKEN."""
    if method == "GET":
        path, data = f"{path}?{urlencode(fields)}", b""
    else:
        data = json.dumps(fields).encode()  # by standard input: one argument cannot be as long as a comment
    command = ["gh", "api", "--method", method, path, *(["--input", "-"] if data else [])]
    return json.loads(subprocess.run(command, check=True, input=data, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), os.environ, gh))
