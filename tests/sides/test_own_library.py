"""A library author's client: what it imports may be on the sides alone, so its absence here is a state and no error."""

import sys
from pathlib import Path

import pytest

from harness.measure.planning.catalog import open_catalog
from harness.model import HarnessError

CLIENT = '''"""a library of the user's own"""
from contextlib import contextmanager

import not_installed_here


@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    yield not_installed_here.get
'''


def test_a_client_that_cannot_run_here_is_unavailable_if_asked_so(tmp_path: Path) -> None:
    client = tmp_path / "mine.py"
    client.write_text(CLIENT)
    catalog = open_catalog(sys.executable, clients=[client], strict=False)
    (variant,) = (variant for variant in catalog.variants if variant.id == "thread_pool/mine")
    assert variant.unavailable == "mine: package not_installed_here is not installed"
    with pytest.raises(HarnessError, match="package not_installed_here is not installed") as caught:
        open_catalog(sys.executable, clients=[client])
    assert caught.value.exit_code == 2
