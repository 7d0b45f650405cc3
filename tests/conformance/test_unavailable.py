"""What a machine cannot have is unavailable with the reason; a client that speaks HTTP/2 alone likewise."""

import shutil
from dataclasses import replace

import pytest

from harness.measure.conformance.faulty import Terms, conducts
from harness.measure.conformance.limits import endured
from harness.measure.planning.catalog import Catalog
from harness.model import HERE


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> Catalog:
    """Two clients on a machine without util-linux."""
    which = shutil.which
    found = {"nsenter": None, "unshare": None}
    monkeypatch.setattr(shutil, "which", lambda name: found.get(name, name and which(name)))
    clients = {"requests_session", "httpx_http2"}
    return replace(
        catalog,
        contenders=tuple(
            each for each in catalog.contenders if each.axis != "client" or each.name in clients
        ),
        variants=tuple(variant for variant in catalog.variants if variant.client in clients),
    )


def test_a_fault_that_needs_a_line_is_unavailable_without_one(plain: Catalog) -> None:
    found = {each.client: each for each in conducts({HERE: plain}, ["unroutable"], Terms())}
    assert {each.outcome for each in found.values()} == {"unavailable"}
    assert found["httpx_http2"].reason == "it does not speak HTTP/1.1, over which this is asked"
    assert "nsenter: it is missing" in str(found["requests_session"].reason)


def test_faults_of_certificates_are_no_faults_of_plain_http(plain: Catalog) -> None:
    assert list(conducts({HERE: plain}, ["expired_certificate"], Terms(scheme="http"))) == []


@pytest.mark.parametrize(
    ("limit", "reason"),
    [("ports_32", "nsenter: it is missing"), ("full_disk", "a small disk needs unshare")],
)
def test_a_limit_that_cannot_be_had_says_why(plain: Catalog, limit: str, reason: str) -> None:
    found = {each.client: each for each in endured({HERE: plain}, [limit])}
    assert found["requests_session"].verified is None
    assert reason in str(found["requests_session"].reason)
