"""The catalogue: what fits together becomes a variant, what cannot run here has a reason, nothing vanishes."""

import shutil
import sys
from pathlib import Path

import pytest

from harness.measure.catalog import combine, match, open_catalog
from harness.measure.launch import ROOT
from harness.model import Axis, Contender, FetchKind, HarnessError


def contender(
    axis: Axis,
    name: str,
    *,
    fetch: FetchKind | None = None,
    loops: tuple[str, ...] | None = None,
    unavailable: str | None = None,
) -> Contender:
    return Contender(
        axis=axis,
        name=name,
        path=f"{name}.py",
        label=name,
        source="",
        fetch=fetch,
        loops=loops,
        in_flight=None,
        unavailable=unavailable,
        modules={},
    )


LOOPS = [contender("loop", "asyncio"), contender("loop", "trio")]


def ids(*contenders: Contender) -> set[str]:
    return {one.id for one in combine([*LOOPS, *contenders])}


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
    broken = [one for one in catalog.variants if one.client == "httpx_async"]
    assert len(broken) >= 5
    assert {one.unavailable for one in broken} == {"httpx_async: package not_there_at_all is not installed"}
    assert all(one.unavailable is None for one in catalog.variants if one.client != "httpx_async")


def test_globs_pick_by_id_and_a_glob_without_a_match_is_an_error() -> None:
    contenders = [
        contender("client", "c", fetch="sync"),
        contender("client", "d", fetch="sync"),
        contender("concurrency", "pool", fetch="sync", loops=()),
    ]
    variants = combine(contenders)
    assert [one.id for one in match(["*/d"], variants)] == ["pool/d"]
    assert [one.id for one in match(["pool/*"], variants)] == ["pool/c", "pool/d"]
    with pytest.raises(HarnessError, match="matches no variant"):
        match(["pool/*", "nothing/*"], variants)


def test_two_files_of_one_name_on_an_axis_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "requests_get.py"
    path.write_text('"""Mine."""\n')
    with pytest.raises(HarnessError, match="there is a client named requests_get already"):
        open_catalog(sys.executable, clients=[path])
