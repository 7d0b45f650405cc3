"""Two servers under one load: what is made of the rates, and that a load which went wrong counts for nothing."""

from pathlib import Path

import psutil
import pytest

from harness.calibration import rates, tls_rate

TARGET = rates.Target(url="https://127.0.0.1:1/photo.jpg", process=psutil.Process())


def test_ratios_are_paired_by_round_and_told_with_their_interval() -> None:
    ours = [rates.Load(per_s=rate, busy=1.0) for rate in (700.0, 60.0, 800.0, 90.0, 750.0, 82.5)]
    other = [rates.Load(per_s=rate, busy=0.5) for rate in (1000.0, 100.0, 1000.0, 100.0, 1000.0, 100.0)]
    result = rates.summary({rates.OURS: ours, rates.OTHER: other})
    assert result["per_s"] == {"image server": 395.0, "nginx": 550.0}
    assert result["ratio"]["estimate"] == pytest.approx((0.7 * 0.6 * 0.8 * 0.9 * 0.75 * 0.825) ** (1 / 6))
    assert result["ratio"]["low"] < result["ratio"]["estimate"] < result["ratio"]["high"]
    assert result["ratio_per_cpu_s"]["estimate"] == pytest.approx(result["ratio"]["estimate"] / 2)
    assert rates.is_saturated(result)
    told = rates.text(result, 6, "handshakes")
    assert "image server: 395 handshakes/s, 100% of its core (medians of 6 rounds)" in told
    assert "nginx used less than 90% of its core: its rate is not its own limit" in told


@pytest.mark.parametrize(
    ("said", "code", "rate"),
    [
        ("finished in 1.00s, 20512.50 req/s, 4MB/s\n20512 done, 0 failed, 0 errored, 0 timeout", 0, 20512.5),
        ("finished in 1.00s, 20512.50 req/s\n9 done, 1 failed, 0 errored", 0, None),
        ("finished in 1.00s, 20512.50 req/s\nstatus codes: 9 2xx, 0 3xx, 12 4xx, 0 5xx", 0, None),
        ("finished in 1.00s, 20512.50 req/s", 1, None),
        ("no luck", 0, None),
    ],
)
def test_a_load_that_went_wrong_ends_the_run(
    tmp_path: Path, said: str, code: int, rate: float | None
) -> None:
    program = tmp_path / "load"
    program.write_text(f"#!/bin/sh\necho '{said}'\necho \"$@\"\nexit {code}\n")
    program.chmod(0o755)

    def load() -> tuple[rates.Load, str]:
        return rates.loaded([str(program), "-t1"], TARGET, (0,), pattern=tls_rate.RATE, wrong=tls_rate.WRONG)

    if rate is None:
        with pytest.raises(SystemExit, match=r"invalid: https://127.0.0.1:1/photo.jpg: "):
            load()
    else:
        found, told = load()
        assert found.per_s == rate
        assert told.splitlines()[-1] == f"-t1 {TARGET.url}"


def test_handshakes_are_asked_for_on_a_connection_each() -> None:
    told = {kind.name: " ".join(kind.arguments(2)) for kind in tls_rate.KINDS}
    assert told == {
        "HTTP/1.1 requests": "-t1 -D 2 -c 32 -m 1 --h1",
        "HTTP/1.1 handshakes": "-t1 -n 800 -c 800 -m 1 --h1",
        "HTTP/2 requests": "-t1 -D 2 -c 4 -m 16",
        "HTTP/2 handshakes": "-t1 -n 800 -c 800 -m 1",
    }


def test_what_is_missing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert rates.found({"no-such-load": "its-package"}) is None
    assert capsys.readouterr().out == (
        "not comparable here: no-such-load is missing; install it (Debian: apt-get install its-package)\n"
    )
