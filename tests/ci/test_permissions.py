"""What workflows may do: pinned actions, no text of others in a shell, and nobody who may write runs code of others."""

import re

from tests.ci.workflows import WORKFLOWS, jobs, read, steps


def test_no_text_of_a_pull_request_is_ever_part_of_a_shell_command() -> None:
    assert [step for step in steps() if "${{" in step.run] == []


def test_every_action_is_pinned_to_a_commit() -> None:
    for path in WORKFLOWS.values():
        for action in re.findall(r"uses: (\S+)", path.read_text()):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)


def test_only_the_comment_and_the_night_may_write_and_neither_runs_a_pull_requests_code() -> None:
    writing = {
        name for name in WORKFLOWS for job in jobs(name).values() if "write" in str(job.get("permissions"))
    }
    assert writing == {"pull-request-comment", "schedule"}
    for name in writing:
        text = WORKFLOWS[name].read_text()
        assert "pull_request:" not in text
        assert "pull_request_target" not in text
        for job in jobs(name).values():
            checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
            assert {step["with"].get("ref") for step in checkouts} <= {None, "history"}


def test_no_credential_that_writes_stands_beside_code_that_is_measured() -> None:
    for name in WORKFLOWS:
        assert "write" not in str(read(name)["permissions"])
        for job in jobs(name).values():
            keeps = any(step.get("with", {}).get("persist-credentials") for step in job["steps"])
            runs = " ".join(step.get("run", "") for step in job["steps"])
            if "write" in str(job.get("permissions")) or keeps:
                assert not re.search(r"\b(nox|pip|uv|pytest|python -m)\b", runs)
