"""``record``: what is written of a server is measured again on a local copy."""

import json
import os
import statistics
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness import ledger
from harness.commands.record import suite_text
from harness.draws import drawn
from harness.measure.planning.suite import read_suite_file
from harness.measure.remote.profile import Profile, distribution
from harness.measure.server import Server
from harness.workload import Workload
from tests.commands.conftest import in_process
from tests.shared_server import shared
from tests.site import Said, site

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROFILE = Profile(
    images=3, small=0, image_bytes=(1024, 4096, 9000), hosts=1, tls=(), has_http2=None, round_trip_s=0.04,
    down_bits_per_s=50e6, rated=3, latency_s=(0.0, 0.0), gzip_share=0.0, chunked_share=0.0, redirect_share=0.0,
    redirect_host_share=0.0,
)  # fmt: skip


def written(folder: Path, seen: Profile) -> Workload:
    path = folder / "mine.toml"
    path.write_text(suite_text("mine", seen, NOON))
    return read_suite_file(path).workload("mine-memory")


def test_what_is_written_says_what_was_seen_and_no_more(tmp_path: Path) -> None:
    workload = written(tmp_path, PROFILE)
    assert workload == Workload.of(
        "mine-memory", images=3, image_bytes=(1024, 4096, 9000), latency_s=0.0, round_trip_s=0.04,
        down_bits_per_s=50e6, concurrency=32, sink="memory",
    )  # fmt: skip
    text = suite_text("mine", PROFILE, NOON)
    assert "# What `record` saw of 3 URLs, fetched one after the other, at 2026-01-01 12:00 UTC." in text
    assert "HTTP/2" not in text
    assert "tls" not in tomllib.loads(text)["links"]["mine"]


def test_everything_that_can_be_seen_is_written(tmp_path: Path) -> None:
    many = replace(
        PROFILE, small=2, hosts=3, tls=("TLSv1.2", "TLSv1.3"), has_http2=True, rated=0, down_bits_per_s=0.0,
        latency_s=distribution([number / 1000 for number in range(80)]), gzip_share=0.5, chunked_share=0.25,
        redirect_share=1 / 3, redirect_host_share=0.1,
    )  # fmt: skip
    workload = written(tmp_path, many)
    assert (workload.network.tls, workload.network.hosts, workload.link.down_bits_per_s) == (True, 3, 0.0)
    assert (workload.what.gzip_share, workload.what.redirect_share) == (0.5, 1 / 3)
    assert workload.network.latency_s == pytest.approx(many.latency_s, abs=1e-5)
    text = suite_text("mine", many, NOON)
    assert "# Spoken: TLSv1.2, TLSv1.3." in text
    assert "2 images had fewer than 1,024 bytes" in text
    assert max(map(len, text.splitlines())) < 140


@pytest.mark.usefixtures("probed_once", "unpainted")
def test_a_server_is_found_again_by_a_record_of_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = Workload.of(
        "original", images=24, image_bytes=(2_000, 10_000, 90_000), latency_s=(0.005, 0.02), tls=True, hosts=2,
        gzip_share=0.5, chunked_share=0.25, redirect_share=0.25, concurrency=32, sink="memory",
    )  # fmt: skip
    manifest = server.register(original)
    (tmp_path / "urls.txt").write_text("\n".join(manifest.urls))
    (tmp_path / "ca.pem").write_text("\n".join([*(manifest.authority or ()), ""]))
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(tmp_path / "ca.pem"))
    out = tmp_path / "mine.toml"
    asked = ("record", "--urls", tmp_path / "urls.txt", "--name", "mine", "--out", out)
    assert in_process(*asked, "--json") == 0
    server.remove("original")
    found = read_suite_file(out).workload("mine-memory")
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["seen"]["images"]) == (str(out), 24)
    assert Workload.of(**told["workload"]) == found
    assert (found.network.tls, found.network.hosts, found.what.images) == (True, 2, 24)
    assert (found.what.gzip_share, found.what.chunked_share, found.what.redirect_share) == (0.5, 0.25, 0.25)
    assert sorted(found.what.sizes) == pytest.approx(sorted(original.what.sizes), abs=1)
    thinking = [sorted(drawn(workload.network.latency_s, 24, "1")) for workload in (original, found)]
    # A machine that is busy adds to single answers, and takes nothing away.
    assert statistics.median(thinking[1]) > statistics.median(thinking[0]) - 0.001
    assert min(thinking[1]) < max(thinking[0])
    assert in_process(*asked) == 2  # it is there already
    with shared(server):
        measured = ("--variants", "thread_pool/urllib3_pool", "--rounds", "1", "--results", tmp_path)
        assert in_process("bench", "--suite-file", out, *measured) == 0
    assert [trial.reason for trial in ledger.read(tmp_path / "latest").trials] == [None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--name", "Mine"), "'Mine' is no name"),
        (("--name", "mine", "--out", "absent/mine.toml"), "absent is no folder"),
        (("--name", "mine"), "line 1: {origin}/a answers 404; leave it out"),
    ],
)
def test_what_cannot_be_recorded_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with site(lambda _path, _number: Said(status=404)) as there:
        Path("urls.txt").write_text(f"{there.origin}/a\n")
        assert in_process("record", "--urls", "urls.txt", *options) == 2
    assert message.format(origin=there.origin) in capsys.readouterr().err.splitlines()[-1]
    assert not Path("mine.toml").exists()
