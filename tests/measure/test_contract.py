"""The one contract test: what can run here downloads a tiny workload from the live server, verified.

Each contender does so in one variant at least; with ``-m long`` every variant does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.server import Server
from harness.measured import Trial
from tests.builders import seen
from tests.measure.contract import TINY, only, trials_of

NAMED = (
    "gather/aiohttp_session/asyncio",
    "sequential/requests_session",
    "thread_pool/requests_get",
    "thread_pool/requests_session",
)


def few_of(catalog: Catalog) -> Catalog:
    """The catalogue with the variants that are named, and as few more as have all contenders."""
    known = list(NAMED)
    met = {part for name in NAMED for part in name.split("/")}
    left = [variant.id for variant in catalog.variants if "1.1" in variant.http]
    while left := [name for name in left if not {*name.split("/")} <= met]:
        known.append(max(left, key=lambda name: len({*name.split("/")} - met)))
        met |= {*known[-1].split("/")}
    return only(catalog, *known)


def test_every_contender_keeps_the_contract_in_some_variant(catalog: Catalog, server: Server) -> None:
    few = few_of(catalog)
    contenders = {contender.name for contender in catalog.contenders if contender.http != ("2",)}
    assert {part for variant in few.variants for part in variant.id.split("/")} == contenders
    keeps_the_contract(few, trials_of(few, server))


@pytest.mark.long
def test_every_variant_found_keeps_the_contract(catalog: Catalog, server: Server) -> None:
    trials = trials_of(catalog, server)
    keeps_the_contract(catalog, trials)
    assert len(trials) >= 60


def keeps_the_contract(catalog: Catalog, trials: Sequence[Trial]) -> None:
    """Every variant of HTTP/1.1 has a trial in which nothing is wrong, and in which the server saw what it should."""
    assert {trial.cell.variant: trial.reason for trial in trials if trial.reason} == {}
    assert {trial.cell.variant: trial.advice for trial in trials if trial.advice} == {}
    assert len(trials) == sum("1.1" in variant.http for variant in catalog.variants)
    for trial in trials:
        [warmup, timed] = trial.passes
        assert warmup.warmup
        assert not timed.warmup
        for each in trial.passes:
            assert len(each.latency_s) == len(each.start_s) == TINY.what.images
            assert seen(each).requests == TINY.what.images
            assert seen(each).bytes >= sum(TINY.what.sizes)
            assert 0 < min(each.latency_s) <= each.wall_s
        assert trial.peak_rss_bytes > 5_000_000
        assert trial.threads >= 1
        if trial.cell.variant.startswith(("to_thread/", "run_in_executor/")):
            # What the probe was told is what is in force in a pass, with the CPUs of a pass.
            model = catalog.contender("concurrency", trial.cell.variant.partition("/")[0])
            assert trial.executor_size == model.in_flight
    by_id = {trial.cell.variant: seen(trial.timed[0]) for trial in trials}
    assert by_id["thread_pool/requests_get"].connections == TINY.what.images
    assert 1 <= by_id["thread_pool/requests_session"].connections <= TINY.arrival.concurrency
    assert by_id["sequential/requests_session"].peak_in_flight == 1
    assert 1 < by_id["gather/aiohttp_session/asyncio"].peak_in_flight <= TINY.arrival.concurrency


def test_every_client_copes_with_all_that_a_network_does(catalog: Catalog, server: Server) -> None:
    """HTTPS, several hosts, sizes and thinking times that differ, chunks, gzip and redirects, all in one."""
    workload = TINY.but(
        name="network-memory",
        tls=True,
        hosts=3,
        image_bytes=(1_024, 8_192, 65_536),
        latency_s=(0.0, 0.01),
        gzip_share=0.5,
        chunked_share=0.5,
        redirect_share=0.2,
        redirect_host_share=0.2,
    )
    speaking = [variant for variant in reversed(catalog.variants) if "1.1" in variant.http]
    one_of_each = {variant.client: variant.id for variant in speaking}
    few = only(catalog, *one_of_each.values())
    trials = trials_of(few, server, workload)
    assert {trial.cell.variant: trial.reason for trial in trials if trial.reason} == {}
    assert len(trials) == len(one_of_each) >= 6
    sent_on = 7 + 7  # a fifth of 33 images, each
    for trial in trials:
        for witness in map(seen, trial.passes):
            assert witness.statuses == {"200": 33, "302": sent_on}
            assert witness.different == witness.requests == 33 + sent_on
            assert witness.hosts is not None
            assert witness.tls is not None
            assert set(witness.hosts) == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
            assert sum(witness.hosts.values()) == witness.connections
            assert witness.tls == {"TLSv1.3": witness.connections}


def test_over_http_2_images_share_connections(catalog: Catalog, server: Server) -> None:
    workload = TINY.but(
        name="http2-memory",
        images=40,
        tls=True,
        http="2",
        hosts=2,
        image_bytes=(1_024, 65_536),
        latency_s=0.1,
        gzip_share=0.5,
        redirect_share=0.2,
        redirect_host_share=0.2,
    )
    speaking = {variant.client: variant for variant in catalog.variants if "2" in variant.http}
    assert speaking
    names = ["gather/{}/asyncio", "gather/{}/uvloop", "nursery/{}/trio"]
    few = only(catalog, *(name.format(client) for client in speaking for name in names))
    trials = trials_of(few, server, workload)
    assert {trial.cell.variant: trial.reason or trial.advice for trial in trials} == {
        variant.id: None for variant in few.variants
    }
    for witness in (seen(each) for trial in trials for each in trial.passes):
        assert (witness.http_version, witness.statuses) == ("2", {"200": 40, "302": 16})
        assert witness.hosts is not None
        assert set(witness.hosts) == {"127.0.0.1", "127.0.0.2"}
        assert (
            witness.connections <= 4
        )  # two would do; while the first is being opened a client may open another
        assert witness.tls == {"TLSv1.3": witness.connections}
        assert 16 < witness.peak_in_flight <= 32


ACCEPTING = """
import ssl
from contextlib import contextmanager
from urllib.request import urlopen

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = False
    {more}
    yield lambda url: urlopen(url, context=context).read()
"""


def test_a_client_that_leaves_ca_file_out_is_told_so(small_tree: Path, server: Server) -> None:
    text = '"""A client."""' + ACCEPTING.format(more="").replace("cafile=ca_file", "")
    (small_tree / "clients" / "distrustful.py").write_text(text)
    catalog = only(open_catalog(sys.executable, root=small_tree), "thread_pool/distrustful")
    [trial] = trials_of(catalog, server, TINY.but(name="https-memory", tls=True))
    assert trial.reason == "fetch does not trust the server's certificate: hand ca_file on to the client"


@pytest.mark.parametrize(
    ("more", "accepted"),
    [
        ("context.verify_mode = ssl.CERT_NONE", "of an authority that it was not told to trust"),
        ("", "of another host"),
    ],
)
def test_a_client_that_accepts_what_it_must_refuse_fails_by_name(
    small_tree: Path, server: Server, more: str, accepted: str
) -> None:
    client = small_tree / "clients" / "trusting.py"
    client.write_text('"""A client."""' + ACCEPTING.format(more=more))
    catalog = only(open_catalog(sys.executable, root=small_tree), "thread_pool/trusting")
    [trial] = trials_of(catalog, server, TINY.but(name="https-memory", tls=True))
    assert trial.reason == (
        f"fetch accepts a certificate {accepted}: leave verification on, and trust ca_file"
    )


@pytest.mark.parametrize("sink", ["disk", "memory"])
def test_a_sink_is_left_empty(catalog: Catalog, server: Server, tmp_path: Path, sink: str) -> None:
    workload = TINY.but(name=f"tiny-{sink}", sink=sink)
    few = only(catalog, "thread_pool/requests_session", "gather/aiohttp_session/uvloop")
    trials = trials_of(few, server, workload, sink=tmp_path)
    assert [trial.reason for trial in trials] == [None, None]
    assert {trial.sink_filesystem is None for trial in trials} == {sink == "memory"}
    assert list(tmp_path.iterdir()) == []


def test_a_loop_of_ones_own_keeps_the_contract(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        '"""asyncio by hand."""\nimport asyncio\nLOOPS = ("asyncio",)\n'
        "def run(main):\n    with asyncio.Runner() as runner:\n        runner.run(main())\n"
    )
    names = ["gather/aiohttp_session/mine", "to_thread/requests_session/mine"]
    trials = trials_of(only(open_catalog(sys.executable, loops=[path]), *names), server, TINY, names)
    assert [trial.reason for trial in trials] == [None, None]
