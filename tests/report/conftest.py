"""A page with all that a page can have, and a real browser that opens it.

Needs Debian's ``chromium`` and ``chromium-driver``; without them what asks for the browser is skipped.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.report.ledgers import VARIANTS, a_selfcheck, files_of, make_book, workload

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--window-size=1280,900",
)
Open = Callable[..., webdriver.Chrome]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with all that a page can have: two workloads, a failure, an absence, a self-check, a sweep."""
    folder = tmp_path_factory.mktemp("page")
    ledger = make_book(
        rounds=4,
        variants=[*VARIANTS, "nursery/httpx_async/trio"],
        workloads=[workload("small-memory"), workload("small-wide-memory", concurrency=64)],
        failed={"nursery/httpx_async/trio": "a body was short"},
        unavailable={"gather/pycurl/asyncio": "package pycurl is not installed"},
        selfcheck=a_selfcheck(),
    )
    contenders = tuple(  # of which one variant is a whole program, and the others are not
        replace(file, source="CLIENT = 1\n") if file.name == "urllib3_pool" else file
        for file in ledger.run.contenders
    )
    ledger = replace(ledger, run=replace(ledger.run, contenders=contenders))
    for name, data in files_of(ledger)[1].items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("Debian's packages chromium and chromium-driver are not installed")
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture
def visit(chrome: webdriver.Chrome, address: str) -> Iterator[Open]:
    """Open the page: in this width, scheme and medium, with or without scripts."""

    def go(
        query: str = "", *, width: int = 1280, scheme: str = "light", medium: str = "", script: bool = True
    ) -> webdriver.Chrome:
        chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})
        chrome.get("about:blank")
        chrome.get(address + query)
        return chrome

    yield go
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
