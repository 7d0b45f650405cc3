"""Clients that lie, hang, leak, try again or spoil the next image are called so; those that follow the advice are not."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.measure.conformance.faulty import Terms, conducts
from harness.measure.conformance.limits import endured
from harness.measure.conformance.outcomes import Conduct, Scheme
from harness.measure.conformance.survival import survivals
from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.processes.launch import ROOT
from harness.model import HERE

FOLDER = Path(__file__).parent


def catalog_of(folder: Path, clients: str, *models: str) -> Catalog:
    """Clients of this folder, with these models of the project."""
    shutil.copytree(FOLDER / clients, folder / "clients", ignore=shutil.ignore_patterns("__pycache__"))
    for name, files in (("concurrency", models), ("loops", ["asyncio"])):
        (folder / name).mkdir()
        for file in files:
            shutil.copy(ROOT / "benchmarks" / name / f"{file}.py", folder / name)
    return open_catalog(sys.executable, root=folder)


def only(catalog: Catalog, clients: list[str]) -> Catalog:
    """The catalogue with these clients alone."""
    kept = tuple(each for each in catalog.contenders if each.axis != "client" or each.name in clients)
    variants = tuple(variant for variant in catalog.variants if variant.client in clients)
    return replace(catalog, contenders=kept, variants=variants)


def seen(catalog: Catalog, fault: str, terms: Terms) -> dict[str, Conduct]:
    return {conduct.client: conduct for conduct in conducts({HERE: catalog}, [fault], terms)}


def test_what_clients_do_is_named(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "planted", "thread_pool")
    found = seen(catalog, "unavailable", Terms(repeats=2, timeout_s=0.2))
    assert {name: (conduct.outcome, conduct.surprises) for name, conduct in found.items()} == {
        "dies": ("failed", ()),
        "hangs": ("hangs", ("hangs",)),
        "honest": ("error", ()),
        "leaks": ("error", ("leaks",)),
        "liar": ("taken for good", ("taken for good",)),
        "retries": ("image", ("retried by itself",)),
        "spoils": ("error", ("spoils the next",)),
    }
    assert found["honest"].error == "urllib.HTTPError 503"
    assert found["honest"].message == "HTTP Error 503: Service Unavailable"
    assert (found["honest"].requests, found["retries"].requests) == (1, 2)
    assert (found["honest"].leaked, found["leaks"].leaked) == (0, 5)
    assert found["dies"].reason == "the worker ended with exit code 3"


def test_who_never_comes_back_is_ended_and_hangs(tmp_path: Path) -> None:
    catalog = only(catalog_of(tmp_path, "planted", "thread_pool"), ["hangs"])
    terms = Terms(repeats=1, timeout_s=0.5, stall_s=0.01, grace_s=0.3)
    [found] = seen(catalog, "not_found", terms).values()
    assert (found.outcome, found.surprises) == ("hangs", ("hangs",))
    assert found.message == "out of time: no answer within 0.34 s"


ADVISED: dict[tuple[Scheme, str], list[str]] = {
    ("http", "reset_before_head"): ["aiohttp_once"],
    ("http", "long_body"): ["httpx_stream"],
    ("http", "trickle"): ["httpx_deadline", "httpx_stream", "requests_stream", "urllib3_stream"],
    ("https", "reset_in_head"): ["requests_stream", "urllib3_stream"],
}


@pytest.mark.long
def test_who_follows_the_advice_surprises_nobody(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "advised", "thread_pool", "gather")
    for (scheme, fault), clients in ADVISED.items():
        terms = Terms(repeats=1, timeout_s=1.2, stall_s=4.0, scheme=scheme)
        found = seen(only(catalog, clients), fault, terms)
        assert {name: conduct.surprises for name, conduct in found.items()} == dict.fromkeys(clients, ())


def test_one_bad_image_costs_a_careful_model_nothing_else(tmp_path: Path) -> None:
    models = ("thread_pool", "thread_pool_catching", "sequential")
    catalog = only(catalog_of(tmp_path, "planted", *models), ["honest"])
    found = {survival.model: survival for survival in survivals({HERE: catalog})}
    careful, naive, one_by_one = (
        found[name] for name in ("thread_pool_catching", "thread_pool", "sequential")
    )
    assert (careful.least, careful.most) == (49, 49)
    assert naive.most is not None
    assert naive.most < 49
    assert (one_by_one.least, one_by_one.most) == (25, 25)
    assert {survival.told for survival in found.values()} == {"urllib.HTTPError 404"}


@pytest.mark.parametrize(
    ("limit", "kind", "words"),
    [
        ("full_disk", "OSError", "No space left on device"),
        ("ports_32", "urllib.URLError", "Cannot assign requested address"),
    ],
)
def test_a_limit_of_the_machine_is_met_in_its_own_words(
    tmp_path: Path, limit: str, kind: str, words: str
) -> None:
    catalog = only(catalog_of(tmp_path, "planted", "thread_pool_catching"), ["honest"])
    [found] = endured({HERE: catalog}, [limit])
    if found.reason:
        pytest.skip(found.reason)
    assert found.verified is not None
    assert 0 < found.verified < found.images
    assert {name: (count, words in said) for name, (count, said) in found.errors.items()} == {
        kind: (found.images - found.verified, True)
    }
    assert found.raised == kind
