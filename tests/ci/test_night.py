"""The night's workflow: a failed cell is kept and told, and what was added to the branch is neither lost nor doubled."""

from pathlib import Path

from tests.ci.workflows import Shell, Step, git, jobs, steps


def test_a_night_with_a_failed_cell_is_kept_and_the_failure_told_at_the_end(shell: Shell) -> None:
    *before, last = jobs("schedule")["measure"]["steps"]
    [bench] = (step for step in before if step.get("id") == "bench")
    assert bench["continue-on-error"] is True
    assert [
        step for step in before if "steps.bench" in str(step)
    ] == []  # what follows does not ask how it ended
    assert last["env"] == {"BENCH": "${{ steps.bench.outcome }}"}
    (step,) = (step for step in steps() if step.run == last["run"])
    assert shell(step, BENCH="success")[0] == 0
    assert shell(step, BENCH="failure")[0] == 1
    keep = jobs("schedule")["keep"]
    assert keep["if"] == "${{ !cancelled() && needs.measure.outputs.added == 'success' }}"
    assert jobs("schedule")["measure"]["outputs"] == {"added": "${{ steps.add.outcome }}"}


def keep_step() -> Step:
    (step,) = (step for step in steps() if "git push" in step.run)
    return step


def kept(checkout: Path, name: str = "0a.jsonl") -> list[str]:
    git(checkout, "fetch", "-q", "origin")
    return git(checkout, "show", f"origin/history:{name}").splitlines()


def another_night(checkout: Path, text: str) -> None:
    other = checkout.parent / "other"
    git(other, "pull", "-q", "origin", "history")
    (other / "0a.jsonl").write_text(text)
    git(other, "add", "--all")
    git(other, "commit", "-qm", "another night")
    git(other, "push", "-q", "origin", "HEAD:history")


def test_a_night_is_added_to_the_branch_once(checkout: Path, shell: Shell) -> None:
    for _ in range(2):
        assert shell(keep_step())[0] == 0
        assert kept(checkout) == ["machine", "ours"]
    assert git(checkout, "rev-list", "--count", "origin/history") == "2"


def test_another_night_that_was_quicker_loses_nothing_and_is_not_lost(checkout: Path, shell: Shell) -> None:
    another_night(checkout, "machine\ntheirs\n")
    assert shell(keep_step())[0] == 0
    assert kept(checkout) == ["machine", "theirs", "ours"]


def test_a_push_that_is_rejected_is_merged_and_tried_again(checkout: Path, shell: Shell) -> None:
    other = checkout.parent / "other"
    (other / "0a.jsonl").write_text("machine\ntheirs\n")
    git(other, "add", "--all")
    git(other, "commit", "-qm", "another night")
    hook = checkout / "history" / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR; git -C '{other}' push --quiet origin HEAD:history || true\n")
    hook.chmod(0o755)
    code, calls = shell(keep_step())
    assert code == 0
    assert [program for program, *_ in calls] == ["sleep"]
    assert kept(checkout) == ["machine", "theirs", "ours"]


def test_a_branch_that_cannot_be_pushed_is_a_failure_that_says_where_the_night_is(
    checkout: Path, shell: Shell
) -> None:
    hook = checkout.parent / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    code, calls = shell(keep_step())
    assert code == 1
    assert len(calls) == 5
