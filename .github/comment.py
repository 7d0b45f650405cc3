"""Say on a pull request what the gate found: one comment, made or updated, and only if something changed.

It needs the standard library and GitHub's `gh`. What it reads was made by the pull request's own code, so that is data:
the number of the pull request is asked of GitHub by the commit, and the text loses mentions, links and markup.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

MARKER = "<!-- fetchbench gate -->"
AUTHOR = "github-actions[bot]"
MOST_CHARACTERS = 60_000  # GitHub refuses a comment of more than 65,536
QUIET = frozenset({"equivalent", "no change", "inconclusive"})

Call = Callable[..., Any]
"""call(method, path, **fields): one request to GitHub's API, its answer decoded."""


def main(folder: Path, environment: Mapping[str, str], call: Call) -> str:
    """Make, update or leave the comment; return what was done, for the log."""
    found = sorted(folder.rglob("verdict.json"))
    if not found:
        return "no verdict to tell of"
    verdict = json.loads(found[-1].read_text(encoding="utf-8"))
    text = found[-1].with_name("gate.md").read_text(encoding="utf-8")
    repository = environment["GITHUB_REPOSITORY"]
    number = pull_request(repository, environment["HEAD"], environment["HEAD_SHA"], call)
    if number is None:
        return "no open pull request has this commit as its head"
    mine = own_comment(repository, number, call)
    if mine is None and verdict.get("verdict") in QUIET:
        return f"#{number}: nothing changed, nothing said"
    body = f"{MARKER}\n{plain(text)}\n\n[The run]({environment['RUN_URL']}) has the raw values.\n"
    if mine is None:
        call("POST", f"repos/{repository}/issues/{number}/comments", body=body)
        return f"#{number}: commented"
    call("PATCH", f"repos/{repository}/issues/comments/{mine}", body=body)
    return f"#{number}: comment updated"


def pull_request(repository: str, head: str, commit: str, call: Call) -> int | None:
    """Return the open pull request from branch ``head`` (owner:branch) that stands at ``commit``."""
    for one in call("GET", f"repos/{repository}/pulls", state="open", head=head):
        if one["head"]["sha"] == commit:
            return int(one["number"])
    return None


def own_comment(repository: str, number: int, call: Call) -> int | None:
    """Return the comment that an earlier run of this made."""
    page = 1
    while comments := call(
        "GET", f"repos/{repository}/issues/{number}/comments", per_page="100", page=str(page)
    ):
        for one in comments:
            if one["user"]["login"] == AUTHOR and one["body"].startswith(MARKER):
                return int(one["id"])
        page += 1
    return None


def plain(text: str) -> str:
    """Return Markdown that can still make tables and bold words, but call nobody and link nowhere; it may fold."""
    for dangerous, harmless in (("<", "&lt;"), ("@", "@\u200b"), ("](", "]\u200b("), ("://", ":\u200b//")):
        text = text.replace(dangerous, harmless)
    text = re.sub(
        r"(?i)(www|gh)(?=[.-])|#(?=\d)", "\\g<0>\u200b", text
    )  # GitHub links these without being asked
    for tag in ("<details><summary>", "</summary>", "</details>"):  # the gate's own, and they only fold
        text = text.replace(tag.replace("<", "&lt;"), tag)
    return (
        text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "\n\n(cut; the artifact has all)"
    )


def gh(method: str, path: str, **fields: str) -> Any:
    """Ask GitHub with its own program, which takes the token from GH_TOKEN."""
    options = [part for name, value in fields.items() for part in ("--raw-field", f"{name}={value}")]
    command = ["gh", "api", "--method", method, path, *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), os.environ, gh))
