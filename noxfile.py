"""The menu: each session makes its environment and runs one command. nox adds nothing else.

What follows ``--`` goes to the command: ``nox -s bench -- --suite quick``.
"""

import pathlib
import shutil

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_external_run = True

# The interpreters that the lessons and primitives speak of; one that is not installed is skipped by nox.
PYTHONS = ["3.11", "3.12", "3.13"]

PYPROJECT = nox.project.load_toml("pyproject.toml")


AXE = "axe-core-4.14.1"  # audits the page; needs npm and the network once, and is skipped without


def install(session: nox.Session, group: str) -> None:
    """Install a dependency group of pyproject.toml in the versions that constraints.txt pins."""
    session.install("-q", "-c", "constraints.txt", *nox.project.dependency_groups(PYPROJECT, group))


@nox.session
def bench(session: nox.Session) -> None:
    """MAIN JOB: measure every way of downloading on the local server; write CSVs, charts and a report."""
    install(session, "bench")
    session.run("python", "-m", "harness", "bench", *session.posargs)


@nox.session
def gate(session: nox.Session) -> None:
    """Base against head in the same rounds (-- --base HEAD~1 --head HEAD); exit codes are in verdict.json."""
    install(session, "bench")
    session.run("python", "-m", "harness", "gate", *session.posargs)


@nox.session
def matrix(session: nox.Session) -> None:
    """The same variants over several sides (-- --side python3.12 --side python3.13): what an upgrade is worth."""
    install(session, "bench")
    session.run("python", "-m", "harness", "matrix", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Two recorded runs of like machines, unpaired (-- BASE_RUN HEAD_RUN)."""
    install(session, "bench")
    session.run("python", "-m", "harness", "compare", *session.posargs)


@nox.session
def history(session: nox.Session) -> None:
    """Keep runs over time and show trends with their changes (-- add results/latest, then -- show)."""
    install(session, "bench")
    session.run("python", "-m", "harness", "history", *session.posargs)


@nox.session
def export(session: nox.Session) -> None:
    """Write a run for another program (-- RUN --format pyperf; --help names the others)."""
    install(session, "export")
    session.run("python", "-m", "harness", "export", *session.posargs)


@nox.session
def report(session: nox.Session) -> None:
    """Rebuild every derived file of a run from its ledger alone (-- results/latest)."""
    install(session, "bench")
    session.run("python", "-m", "harness", "report", *session.posargs)


@nox.session(name="list")
def list_(session: nox.Session) -> None:
    """Show variants (available, or why not), workloads and suites."""
    install(session, "bench")
    session.run("python", "-m", "harness", "list", *session.posargs)


@nox.session
def selfcheck(session: nox.Session) -> None:
    """Check the verdicts themselves on this machine (try -- --quick)."""
    install(session, "bench")
    session.run("python", "-m", "harness", "selfcheck", *session.posargs)


@nox.session(python=PYTHONS)
def lessons(session: nox.Session) -> None:
    """Run the article's claims and traps, each really done, with its number."""
    install(session, "bench")
    session.run("python", "-m", "harness", "lessons", *session.posargs)


@nox.session(python=PYTHONS)
def primitives(session: nox.Session) -> None:
    """Measure the article's asyncio primitives under pytest-benchmark; write JSON, CSV and charts."""
    install(session, "pytest_benchmark")
    folder = pathlib.Path("results", "primitives", f"python{session.python}")
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "primitives.json"
    options = ("--benchmark-enable", "--benchmark-max-time=0.15", "--benchmark-min-rounds=5")
    session.run(
        "pytest", "-q", "benchmarks/primitives", *options, f"--benchmark-json={record}", *session.posargs
    )
    session.run("python", "-m", "harness", "primitives", str(record))


def fetch_axe(session: nox.Session) -> None:
    """Fetch axe-core below .cache/ from npm's registry, which is the one that has it."""
    folder = pathlib.Path(".cache", "axe")
    if (folder / "package").is_dir() or shutil.which("npm") is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name, _, version = AXE.rpartition("-")
    command = ("npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", str(folder))
    session.run(*command, external=True, silent=True, success_codes=range(256))
    archive = folder / f"{AXE}.tgz"
    if archive.is_file():
        shutil.unpack_archive(archive, folder)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test suite, three tests at a time, for many wait for processes: no test asserts a duration."""
    install(session, "test")
    fetch_axe(session)
    session.run("pytest", "--numprocesses=3", "--dist=loadfile", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, the direction of imports, and the workflows' form and safety."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    workflows = sorted(map(str, pathlib.Path(".github", "workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    session.run("zizmor", "--offline", "--quiet", *workflows)


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def pytest_benchmark(session: nox.Session) -> None:
    """Run the default variants under pytest-benchmark (try -- --benchmark-json=out.json)."""
    install(session, "pytest_benchmark")
    session.run("pytest", "benchmarks/test_download.py", "--benchmark-enable", *session.posargs)


@nox.session
def instrument_cost(session: nox.Session) -> None:
    """Measure what the harness itself costs, against a bare script of the same client."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.instrument_cost", *session.posargs)


@nox.session
def trial_value(session: nox.Session) -> None:
    """Measure which trial is worth most per second: length, estimator, one by one or in turn."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.trial_value", *session.posargs)


@nox.session
def server_rate(session: nox.Session) -> None:
    """Measure the image server against nginx, with wrk as the load (both from the system's packages)."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.server_rate", *session.posargs)


@nox.session
def verdicts(session: nox.Session) -> None:
    """Prove the verdicts on known truths: -- aa, planted, server, burner or side-by-side."""
    install(session, "pytest_benchmark")
    session.run("python", "-m", "harness.calibration.verdicts", *session.posargs)


@nox.session
def kill_resume(session: nox.Session) -> None:
    """Kill runs at random moments, resume them, and compare plan, trials and verdicts."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.kill_resume", *session.posargs)


@nox.session
def gate_proof(session: nox.Session) -> None:
    """Gate commits with a known truth in a scratch clone: slower, a comment, an unfit host."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.gate_proof", *session.posargs)


@nox.session
def report_scale(session: nox.Session) -> None:
    """Measure what remaking a run's files costs at 10,000 and 100,000 trials (synthetic, deleted)."""
    install(session, "bench")
    session.run("python", "-m", "harness.calibration.report_scale", *session.posargs)
