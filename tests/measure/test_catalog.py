"""The catalogue: what fits together becomes a variant, what cannot run here has a reason, nothing vanishes."""

import os
import re
import shutil
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from harness.measure.machine import cpu_split
from harness.measure.planning.catalog import Catalog, combine, match, open_catalog
from harness.measure.processes.launch import ROOT
from harness.model import Axis, Contender, FetchKind, HarnessError
from harness.session.options import with_own


def contender(
    axis: Axis,
    name: str,
    *,
    fetch: FetchKind | None = None,
    loops: tuple[str, ...] | None = None,
    unavailable: str | None = None,
    in_flight: int | None = None,
) -> Contender:
    return Contender(
        axis=axis,
        name=name,
        path=f"{name}.py",
        label=name,
        source="",
        fetch=fetch,
        loops=loops,
        in_flight=in_flight,
        unavailable=unavailable,
        modules={},
    )


LOOPS = [contender("loop", "asyncio"), contender("loop", "trio")]


def ids(*contenders: Contender) -> set[str]:
    return {variant.id for variant in combine([*LOOPS, *contenders])}


def test_a_sync_client_goes_with_every_sync_model_and_its_loops() -> None:
    client = contender("client", "c", fetch="sync")
    assert ids(client, contender("concurrency", "pool", fetch="sync", loops=())) == {"pool/c"}
    assert ids(client, contender("concurrency", "thread", fetch="sync", loops=("asyncio",))) == {
        "thread/c/asyncio"
    }
    assert ids(client, contender("concurrency", "gather", fetch="async", loops=("asyncio",))) == set()


def test_an_async_client_goes_where_both_have_the_loop() -> None:
    client = contender("client", "c", fetch="async", loops=("asyncio", "uvloop"))
    assert ids(client, contender("concurrency", "g", fetch="async", loops=("asyncio", "trio"))) == {
        "g/c/asyncio"
    }
    assert ids(client, contender("concurrency", "n", fetch="async", loops=("trio",))) == set()


def test_a_loop_of_ones_own_takes_what_names_the_loop_in_whose_place_it_runs() -> None:
    mine = contender("loop", "mine", loops=("asyncio",))
    gather = contender("concurrency", "gather", fetch="async", loops=("asyncio", "uvloop"))
    nursery = contender("concurrency", "nursery", fetch="async", loops=("trio",))
    thread = contender("concurrency", "thread", fetch="sync", loops=("asyncio",))
    both = contender("client", "both", fetch="async", loops=("asyncio", "trio"))
    sync = contender("client", "sync", fetch="sync")
    found = ids(mine, gather, nursery, thread, both, sync)
    assert {name for name in found if name.endswith("/mine")} == {"gather/both/mine", "thread/sync/mine"}
    assert "nursery/both/trio" in found


def test_a_variant_says_what_its_model_says_of_itself() -> None:
    client = contender("client", "c", fetch="sync")
    models = [
        contender("concurrency", "one", fetch="sync", loops=(), in_flight=1),
        contender("concurrency", "pool", fetch="sync", loops=()),
    ]
    assert {each.id: each.in_flight for each in combine([client, *models])} == {"one/c": 1, "pool/c": None}


SPEAKER = '''"""A client."""
from contextlib import contextmanager
{more}

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file): yield None
'''


@pytest.mark.parametrize(
    ("more", "spoken"),
    [
        ("", ("1.1",)),
        ('HTTP = ("2", "1.1")', ("2", "1.1")),
        ('import not_there\nHTTP = ("2",)', ("2",)),
        ('import not_there\nHTTP = ("3",)', ("1.1",)),
    ],
)
def test_a_client_says_which_versions_of_http_it_speaks(
    small_tree: Path, more: str, spoken: tuple[str, ...]
) -> None:
    (small_tree / "clients" / "mine.py").write_text(SPEAKER.format(more=more))
    variants = open_catalog(sys.executable, root=small_tree).variants
    assert [each.http for each in variants if each.client == "mine"] == [spoken]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ('HTTP = ("3",)', "has an HTTP that names a version other than 1.1 and 2"),
        ('HTTP = "2"', "has HTTP that is no tuple of names such as ('1.1', '2')"),
    ],
)
def test_a_client_that_speaks_what_nobody_knows_is_refused(small_tree: Path, more: str, reason: str) -> None:
    (small_tree / "clients" / "mine.py").write_text(SPEAKER.format(more=more))
    with pytest.raises(HarnessError, match=re.escape(reason)):
        open_catalog(sys.executable, root=small_tree)


MODEL = '''"""A model that counts the CPUs that it may use."""
import os
FETCH = "sync"
LOOPS = ()
IN_FLIGHT = len(os.sched_getaffinity(0))

def download(fetch, urls, concurrency): ...
'''


@pytest.mark.skipif(not cpu_split()[0], reason="nothing is pinned here")
def test_a_model_that_counts_its_cpus_finds_those_of_a_pass(small_tree: Path) -> None:
    """As the default executor does since Python 3.13."""
    (small_tree / "concurrency" / "counting.py").write_text(MODEL)
    catalog = open_catalog(sys.executable, root=small_tree)
    assert catalog.contender("concurrency", "counting").in_flight == len(cpu_split()[0])
    assert len(cpu_split()[0]) < len(os.sched_getaffinity(0))


def test_a_loop_that_says_nothing_runs_what_names_it() -> None:
    model = contender("concurrency", "g", fetch="async", loops=("mine",))
    client = contender("client", "c", fetch="async", loops=("mine",))
    assert ids(contender("loop", "mine"), model, client) == {"g/c/mine"}


def test_what_cannot_run_here_is_a_variant_with_its_reason() -> None:
    client = contender("client", "c", fetch="sync", unavailable="package c is not installed")
    [found] = combine([*LOOPS, client, contender("concurrency", "pool", fetch="sync", loops=())])
    assert found.unavailable == "c: package c is not installed"


def test_a_missing_package_leaves_the_others_alone(tmp_path: Path) -> None:
    for folder in ("clients", "concurrency", "loops"):
        shutil.copytree(ROOT / "benchmarks" / folder, tmp_path / folder)
    path = tmp_path / "clients" / "httpx_async.py"
    path.write_text(path.read_text().replace("import httpx\n", "import httpx\nimport not_there_at_all\n"))
    catalog = open_catalog(sys.executable, root=tmp_path)
    broken = [variant for variant in catalog.variants if variant.client == "httpx_async"]
    assert len(broken) >= 5
    assert {variant.unavailable for variant in broken} == {
        "httpx_async: package not_there_at_all is not installed"
    }
    assert all(variant.unavailable is None for variant in catalog.variants if variant.client != "httpx_async")


def test_globs_pick_by_id_and_a_glob_without_a_match_is_an_error() -> None:
    contenders = [
        contender("client", "c", fetch="sync"),
        contender("client", "d", fetch="sync"),
        contender("concurrency", "pool", fetch="sync", loops=()),
    ]
    variants = combine(contenders)
    assert [variant.id for variant in match(["*/d"], variants)] == ["pool/d"]
    assert [variant.id for variant in match(["pool/*"], variants)] == ["pool/c", "pool/d"]
    with pytest.raises(HarnessError, match="matches no variant"):
        match(["pool/*", "nothing/*"], variants)


def test_two_files_of_one_name_on_an_axis_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "requests_get.py"
    path.write_text('"""Mine."""\n')
    with pytest.raises(HarnessError, match="there is a client named requests_get already"):
        open_catalog(sys.executable, clients=[path])


@pytest.mark.parametrize("name", ["my-client.py", "my_client", "my_client.pyc", "my_client.txt"])
def test_a_file_is_named_as_a_python_module(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('"""Mine."""\n')
    with pytest.raises(HarnessError, match=rf"^--client: {name}: .* needs a name like my_client\.py"):
        open_catalog(sys.executable, clients=[tmp_path / name])


def test_a_file_that_python_does_not_take_is_unavailable_whatever_it_holds(small_tree: Path) -> None:
    for number, text in enumerate(("LOOPS = {[]: 1}\n", "a = '\0'\n", f"LOOPS = {'-' * 50_000}1\n")):
        (small_tree / "clients" / f"odd_{number}.py").write_text(text)
    catalog = open_catalog(sys.executable, root=small_tree)
    reasons = [one.unavailable or "" for one in catalog.contenders if one.name.startswith("odd_")]
    assert [reason.partition(":")[0] for reason in reasons[:2]] == ["TypeError", "SyntaxError"]
    assert reasons[2].startswith(
        ("MemoryError", "RecursionError")
    )  # not every Python gives up in the same place


LOOP = '"""A loop of one\'s own."""\nimport asyncio\n{loops}\ndef run(main):\n    asyncio.run(main())\n'


def test_a_loop_given_by_path_makes_variants_or_says_why_it_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(LOOP.format(loops='LOOPS = ("asyncio",)'))
    catalog = open_catalog(sys.executable, loops=[path])
    mine = {variant.id.removesuffix("/mine") for variant in catalog.variants if variant.loop == "mine"}
    assert mine == {
        variant.id.removesuffix("/asyncio") for variant in catalog.variants if variant.loop == "asyncio"
    }
    assert catalog.contender("loop", "mine").loops == ("asyncio",)
    path.write_text(LOOP.format(loops=""))
    with pytest.raises(HarnessError, match=r"^--loop: mine.py fits no other file: look at its LOOPS"):
        open_catalog(sys.executable, loops=[path])


def test_a_loop_cannot_have_the_name_of_having_none(tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text(LOOP.format(loops='LOOPS = ("asyncio",)'))
    with pytest.raises(HarnessError, match=r"^--loop: none is what tables say of a variant without a loop"):
        open_catalog(sys.executable, loops=[path])


def test_a_link_is_named_as_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "my-loop-2.py").write_text(LOOP.format(loops='LOOPS = ("asyncio",)'))
    (tmp_path / "mine.py").symlink_to("my-loop-2.py")
    catalog = open_catalog(sys.executable, loops=[tmp_path / "mine.py"])
    assert catalog.contender("loop", "mine").path == str(tmp_path / "mine.py")
    assert any(variant.loop == "mine" for variant in catalog.variants)


def test_a_loop_of_ones_own_joins_every_pair_that_is_measured_on_such_a_loop() -> None:
    variants = combine(
        [
            *LOOPS,
            contender("loop", "mine", loops=("asyncio",)),
            contender("client", "c", fetch="sync"),
            contender("client", "d", fetch="sync"),
            contender("concurrency", "pool", fetch="sync", loops=()),
            contender("concurrency", "thread", fetch="sync", loops=("asyncio",)),
        ]
    )
    catalog = Catalog(
        contenders=(),
        variants=tuple(variants),
        python="",
        need=None,
        variables={},
        interpreter={"packages": {}},
    )
    asked = tuple(variant for variant in variants if variant.id in {"pool/c", "thread/c/asyncio"})
    options = Namespace(client=[], concurrency_model=[], loop=[Path("mine.py")])
    found = {variant.id for variant in with_own(asked, catalog, options)}
    assert found == {"pool/c", "thread/c/asyncio", "thread/c/mine"}
    options.client = [Path("d.py")]
    assert {variant.id for variant in with_own(asked, catalog, options)} - found == {
        "pool/d",
        "thread/d/asyncio",
        "thread/d/mine",
    }
