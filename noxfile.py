"""The menu: each session runs one command in an environment that is made when it is first needed. nox adds nothing else.

What follows ``--`` goes to the command: ``nox -s bench -- --suite quick``.
"""

import hashlib
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
CONSTRAINTS = pathlib.Path("constraints.txt")
WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"

AXE = "axe-core-4.14.1"  # audits the page; needs npm and the network once, and is skipped without

# Sessions of the shared environment: what each does, and the module that it runs with its first arguments.
USE = {
    "bench": (
        "MAIN JOB: measure every way of downloading on the local server; write CSVs, charts and a report.",
        "harness bench",
    ),
    "record": (
        "Look once at the URLs of a list, write a suite file for a local copy (-- --urls FILE --name mine).",
        "harness record",
    ),
    "list": ("Show variants (available, or why not), workloads, links and suites.", "harness list"),
    "report": (
        "Rebuild every derived file of a run from its ledger alone (-- results/latest).",
        "harness report",
    ),
    "gate": (
        "Base against head in the same rounds (-- --base HEAD~1 --head HEAD); exit codes are in verdict.json.",
        "harness gate",
    ),
    "matrix": (
        "The same variants over several sides (-- --side python3.12 --side python3.13): what an upgrade is worth.",
        "harness matrix",
    ),
    "conformance": (
        "What each client does with each fault, each model with one bad image, and programs under limits of the machine.",
        "harness conformance",
    ),
    "compare": ("Two recorded runs of like machines, unpaired (-- BASE_RUN HEAD_RUN).", "harness compare"),
    "history": (
        "Keep runs over time and show trends with their changes (-- add results/latest, then -- show).",
        "harness history",
    ),
    "export": (
        "Write a run for another program (-- RUN --format pyperf; --help names the others).",
        "harness export",
    ),
    "soak": (
        "Keep one client at work over very many images, with faults: does anything grow, is anything lost?",
        "harness soak",
    ),
    "pytest_benchmark": (
        "Run the default variants under pytest-benchmark (try -- --benchmark-json=out.json).",
        "pytest benchmarks/test_download.py --benchmark-enable",
    ),
}
PROVE = {
    "selfcheck": ("Check the verdicts themselves on this machine (try -- --quick).", "harness selfcheck"),
    "verdicts": (
        "Prove the verdicts on known truths: -- aa, planted, costs, server, burner or side-by-side.",
        "harness.calibration verdicts",
    ),
    "gate_proof": (
        "Gate commits with a known truth in a scratch clone: slower, a comment, an unfit host.",
        "harness.calibration gate_proof",
    ),
    "kill_resume": (
        "Kill runs at random moments, resume them, and compare plan, trials and verdicts.",
        "harness.calibration kill_resume",
    ),
    "instrument_cost": (
        "Measure what the harness itself costs, against a bare script of the same client.",
        "harness.calibration instrument_cost",
    ),
    "server_rate": (
        "Measure the image server against nginx, with wrk as the load (both from the system's packages).",
        "harness.calibration server_rate",
    ),
    "tls_rate": (
        "The same over TLS with h2load: requests and handshakes over HTTP/1.1 and HTTP/2.",
        "harness.calibration tls_rate",
    ),
    "link": (
        "Prove that lines are what is asked for, with bare sockets: round trip, jitter, rates, handshakes, losses.",
        "harness.calibration link",
    ),
    "replay": (
        "Prove that a recorded network stands for the one that was recorded: nginx on a line, by its URLs and by its copy.",
        "harness.calibration replay",
    ),
    "fault_counts": (
        "Prove that faults are played as they were drawn and seen as they were played, for every client and fault.",
        "harness.calibration fault_counts",
    ),
    "first_hour": (
        "Do docs/first-hour.md from nothing, each command as it stands: seconds, silences, and what differs from the page.",
        "harness.calibration first_hour",
    ),
    "surroundings": (
        "Measure with and without proxies, netrc and debug modes of the user: nothing of them may count.",
        "harness.calibration surroundings",
    ),
    "trial_value": (
        "Measure which trial is worth most per second: length, estimator, one by one or in turn.",
        "harness.calibration trial_value",
    ),
    "report_scale": (
        "Measure what remaking a run's files costs at 10,000 and 100,000 trials (synthetic, deleted).",
        "harness.calibration report_scale",
    ),
}
programs: list[pathlib.Path] = []  # of the shared environment, as soon as it stands


def install(session: nox.Session, group: str) -> None:
    """Install a dependency group of pyproject.toml in the versions that constraints.txt pins, unless it is there already."""
    requirements = nox.project.dependency_groups(PYPROJECT, group)
    asked = hashlib.sha256("\n".join([*requirements, CONSTRAINTS.read_text()]).encode()).hexdigest()
    stamp = session.env_dir / "installed"
    if stamp.is_file() and stamp.read_text() == asked:
        return
    stamp.unlink(missing_ok=True)  # an installation that breaks off leaves nothing that is taken for whole
    session.install("-q", "-c", str(CONSTRAINTS), *requirements)
    # By a step of the installation, for with --no-install there is neither.
    session.run_install("python", "-c", WRITE, str(stamp), asked, log=False)


@nox.session(tags=["use"])
def environment(session: nox.Session) -> None:
    """Make the environment that all sessions share that measure or report; they do so themselves."""
    install(session, "measure")
    programs[:] = [pathlib.Path(session.bin)]


def share(tag: str, name: str, text: str, module: str) -> None:
    """Add a session that runs a module in the shared environment."""

    def run(session: nox.Session) -> None:
        if not programs:
            session.error("the shared environment is missing: leave out --no-dependencies")
        # After Ctrl-C it still reports what it has; nox would kill it half a second later.
        session.run(
            str(programs[0] / "python"), "-m", *module.split(), *session.posargs, interrupt_timeout=None
        )

    run.__doc__ = text
    nox.session(name=name, venv_backend="none", requires=["environment"], tags=[tag])(run)


for name, (text, module) in USE.items():
    share("use", name, text, module)


@nox.session(python=PYTHONS, tags=["use"])
def lessons(session: nox.Session) -> None:
    """Run the article's claims and traps, each really done, with its number."""
    install(session, "bench")
    session.run("python", "-m", "harness", "lessons", *session.posargs)


@nox.session(python=PYTHONS, tags=["use"])
def primitives(session: nox.Session) -> None:
    """Measure the article's asyncio primitives under pytest-benchmark; write JSON, CSV and charts."""
    install(session, "measure")
    folder = pathlib.Path("results", "primitives", f"python{session.python}")
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "primitives.json"
    options = ("--benchmark-enable", "--benchmark-max-time=0.15", "--benchmark-min-rounds=5")
    session.run(
        "pytest", "-q", "benchmarks/primitives", *options, f"--benchmark-json={record}", *session.posargs
    )
    session.run("python", "-m", "harness", "primitives", str(record))


for name, (text, module) in PROVE.items():
    share("prove", name, text, module)


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


@nox.session(tags=["develop"])
def tests(session: nox.Session) -> None:
    """Run the test suite, three files at a time, for many wait for processes; -- -m long runs what takes long by nature."""
    install(session, "test")
    fetch_axe(session)
    options = (
        "--numprocesses=3",
        "--dist=loadfile",
        "--no-loadscope-reorder",
    )  # in the order of tests/conftest.py
    # Without byte code some hundred processes would each compile all of ours; threads of arithmetic take each other's CPU.
    environment = {"PYTHONDONTWRITEBYTECODE": None, "OPENBLAS_NUM_THREADS": "1"}
    session.run("pytest", *options, *session.posargs, env=environment)


@nox.session(tags=["develop"])
def lint(session: nox.Session) -> None:
    """Check style, formatting, the direction of imports, and the form and safety of workflows and action."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    workflows = [*sorted(map(str, pathlib.Path(".github", "workflows").glob("*.yml"))), "docs/nightly.yml"]
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema=vendor.github-actions", "action.yml")
    session.run("zizmor", "--offline", "--quiet", "action.yml", *workflows)


@nox.session(tags=["develop"])
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "types")
    session.run("mypy", *session.posargs)
