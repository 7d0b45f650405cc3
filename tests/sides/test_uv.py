"""uv's own reason when it fails, in one line and without secrets, and what it is asked."""

from pathlib import Path

import pytest

from harness.sides.uv import install, reason, uv

UV_CONFLICT = """Using Python 3.13.0 environment at: u313
error: No solution found when resolving dependencies
  cause: Because aiohttp==3.9.5 depends on yarl>=1.0,<2.0, we can conclude that you require yarl>=1.0,<2.0.
         And because you require yarl<1.0, we can conclude that your requirements are unsatisfiable.
"""
UV_BUILD = """Using Python 3.11.7 environment at: e311
Resolved 1 package in 0.87ms
   Building tiny @ file:///lib
error: Failed to build `tiny @ file:///lib`
  cause: The build backend returned an error
  cause: Call to `backend.build_wheel` failed (exit status: 1)

         [stderr]
         Traceback (most recent call last):
           File "/lib/backend.py", line 1, in <module>
             import nowhere
         ModuleNotFoundError: No module named 'nowhere'

hint: This error likely indicates that `tiny@3.0` depends on `nowhere`
"""
UV_BUILD_SILENT = """error: Failed to build `tiny @ file:///lib`
  cause: Call to `backend.build_wheel` failed (exit status: 1)

         [stderr]
"""
UV_OPTION = (
    "error: the argument '--offline' cannot be used with:\n  --refresh\n\nUsage: uv pip install <PACKAGE>\n"
)
UV_PATH = "Using Python 3.13.0 environment at: u313\nerror: Distribution not found at: file:///nonexist\n"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            UV_CONFLICT,
            (
                "No solution found when resolving dependencies: "
                "Because aiohttp==3.9.5 depends on yarl>=1.0,<2.0, we can conclude that you require yarl>=1.0,<2.0. "
                "And because you require yarl<1.0, we can conclude that your requirements are unsatisfiable."
            ),
        ),
        (UV_BUILD, "Failed to build `tiny @ file:///lib`: ModuleNotFoundError: No module named 'nowhere'"),
        (
            UV_BUILD_SILENT,
            "Failed to build `tiny @ file:///lib`: Call to `backend.build_wheel` failed (exit status: 1) [stderr]",
        ),
        (UV_OPTION, "the argument '--offline' cannot be used with: --refresh"),
        (UV_PATH, "Distribution not found at: file:///nonexist"),
        ("thread panicked\n\n", "thread panicked"),
        ("", ""),
    ],
)
def test_the_reason_is_uvs_own_sentence(output: str, line: str) -> None:
    assert reason(output) == line


def test_no_requirement_is_taken_for_an_option_and_no_source_folder_for_unchanged(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My.Lib"\n')
    arguments = install(Path("/e"), [str(tmp_path), "x==1"], tmp_path / "pins.txt")
    assert arguments[-3:] == ["--", str(tmp_path), "x==1"]
    assert {"--refresh-package=my-lib", "--python=/e/bin/python", "--no-sources"} <= set(arguments)
    assert "--refresh" in install(Path("/e"), ["/no/name.zip"], tmp_path / "pins.txt")


def test_a_step_of_uv_is_logged_without_secrets_and_gives_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    log = tmp_path / "log"
    with log.open("ab") as lock:
        url = "https://me:word@127.0.0.1:9/tiny-1.0-py3-none-any.whl"
        why = uv(["pip", "install", f"--target={tmp_path}", "--no-index", url], log=log, lock=lock.fileno())
    assert why is not None
    assert "\n" not in why
    assert "127.0.0.1:9" in why
    assert "word" not in why + log.read_text()
