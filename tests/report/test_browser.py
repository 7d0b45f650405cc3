"""The page in a real browser: what a reader does with it, with and without a script, and an audit of its accessibility.

The audit needs axe-core, which is not in the repository: the test session fetches it with npm into ``.cache/axe``.
"""

import itertools
import os
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from harness.measure.processes.launch import ROOT
from tests.report.conftest import Open
from tests.report.ledgers import VARIANTS

BASELINE = VARIANTS[0]


def names(page: webdriver.Chrome, table: str = "t-small-memory") -> list[str]:
    """Variants of the visible rows, from top to bottom."""
    rows = page.find_elements(By.CSS_SELECTOR, f"#{table} tbody tr")
    return [str(row.get_attribute("data-variant")) for row in rows if row.is_displayed()]


def head(page: webdriver.Chrome, key: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, f"#t-small-memory th[data-key={key}] button")


def test_it_sorts_by_keyboard_and_keeps_the_order_in_the_address(visit: Open) -> None:
    page = visit()
    ranked = names(page)
    head(page, "images_per_s").send_keys(Keys.ENTER)
    up = names(page)
    head(page, "images_per_s").send_keys(Keys.SPACE)
    down = names(page)
    measured = [name for name in ranked if name in VARIANTS]
    assert [name for name in up if name in VARIANTS] == measured[::-1]
    assert down == ranked  # rows without a speed stay at the end, in both directions
    assert head(page, "images_per_s").find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"
    page.refresh()
    assert "t-small-memory=images_per_s.descending" in page.current_url
    assert names(page) == down
    assert names(page, "t-small-wide-memory") != []


def test_it_filters_by_keyboard_with_the_baseline_pinned(visit: Open) -> None:
    page = visit()
    page.find_element(By.NAME, "q").send_keys("*/uvloop")
    assert set(names(page)) == {"gather/aiohttp_session/uvloop", BASELINE}
    assert page.find_element(By.TAG_NAME, "output").text == "1 of 7 variants fit"
    assert "q=*%2Fuvloop" in page.current_url
    page.refresh()
    assert set(names(page)) == {"gather/aiohttp_session/uvloop", BASELINE}
    page.find_element(By.CSS_SELECTOR, "#filter button[type=reset]").send_keys(Keys.ENTER)
    page.find_element(By.NAME, "loop").send_keys("none")
    assert set(names(page)) == {"thread_pool/requests_session", "thread_pool/urllib3_pool"}
    assert page.current_url.endswith("?loop=none")


def test_an_address_with_nonsense_shows_the_page(visit: Open) -> None:
    page = visit("?q=(((&loop=mars&t-small-memory=no_such.ascending&x=%3Cscript%3E")
    assert names(page) == [BASELINE]
    assert errors(page) == []


def test_the_source_of_a_contender_unfolds_beside_its_row(visit: Open) -> None:
    page = visit()
    fold = page.find_element(By.CSS_SELECTOR, f"tr[data-variant='{BASELINE}'] details.source")
    fold.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert 'NAME = "requests_session"' in fold.text
    assert '<script>alert("x")</script>' in fold.text


def test_nothing_is_asked_of_any_network_and_nothing_complains(visit: Open) -> None:
    page = visit()
    asked = [
        entry["message"]
        for entry in page.get_log("performance")  # type: ignore[no-untyped-call] # selenium's own gap
        if "Network.requestWillBeSent" in entry["message"]
        and '"http' in entry["message"].partition('"request":')[2]
    ]
    assert asked == []
    assert errors(page) == []
    whole = "return [...document.images].every((image) => image.complete && image.naturalWidth > 100)"
    assert page.execute_script(whole)


def test_dark_paper_is_dark_with_dark_figures(visit: Open) -> None:
    both = "[document.body, document.querySelector('figure img')]"
    styles = f"return {both}.map((node) => getComputedStyle(node)).map((style) => [style.backgroundColor, style.filter])"
    clear = "rgba(0, 0, 0, 0)"
    assert visit(scheme="light").execute_script(styles) == [["rgb(255, 255, 255)", "none"], [clear, "none"]]
    dark = visit(scheme="dark").execute_script(styles)
    assert dark == [["rgb(20, 23, 27)", "none"], [clear, "invert(1) hue-rotate(180deg)"]]


def test_paper_has_no_controls_and_all_data(visit: Open) -> None:
    page = visit(scheme="dark", medium="print", width=760)  # A4 in CSS pixels, less its margins
    assert not page.find_element(By.ID, "filter").is_displayed()
    assert not page.find_element(By.TAG_NAME, "nav").is_displayed()
    assert (
        page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    heights = "return [...document.querySelectorAll('details.data table')].map((row) => row.getBoundingClientRect().height)"
    assert min(page.execute_script(heights)) > 0
    assert page.execute_script("return document.documentElement.scrollWidth") == 760


@pytest.mark.parametrize("script", [True, False])
def test_a_narrow_screen_never_scrolls_the_page_sideways(visit: Open, script: bool) -> None:  # noqa: FBT001 - a parameter of the test
    page = visit(width=360, script=script)
    if script:  # the longest name is longer on other runs
        page.execute_script("document.querySelector('[name=against]').append(new Option('x'.repeat(80)))")
    metrics = page.execute_cdp_cmd("Page.getLayoutMetrics", {})
    assert metrics["cssContentSize"]["width"] == 360


def test_without_a_script_it_is_complete(visit: Open) -> None:
    page = visit(script=False)
    assert not page.find_element(By.ID, "filter").is_displayed()
    assert len(names(page)) == 7
    assert page.find_elements(By.CSS_SELECTOR, "thead button") == []
    assert all(
        find_element.is_displayed() for find_element in page.find_elements(By.CSS_SELECTOR, "figure img")
    )
    assert "fastest" in page.find_element(By.CLASS_NAME, "situation").text
    assert page.find_elements(By.CSS_SELECTOR, ".race .track path")
    assert page.find_elements(By.CSS_SELECTOR, ".replay, .heat input, .program + button") == []


def test_headings_never_skip_a_level_and_every_figure_has_text_and_table(visit: Open) -> None:
    page = visit()
    levels = [
        int(find_element.tag_name[1])
        for find_element in page.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    figures = page.find_elements(By.CSS_SELECTOR, "section.figure")
    assert len(figures) >= 10
    for figure in figures:
        told = figure.find_element(By.CSS_SELECTOR, "img, .race")
        assert len(str(told.get_attribute("alt") or told.get_attribute("aria-label"))) > 40
        assert figure.find_elements(By.CSS_SELECTOR, "details.data tbody tr")
    for landmark in ("header", "nav", "main", "footer", "search"):
        assert len(page.find_elements(By.TAG_NAME, landmark)) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(visit: Open, scheme: str) -> None:
    axe = Path(os.environ.get("FETCHBENCH_AXE", ROOT / ".cache" / "axe" / "package" / "axe.min.js"))
    if not axe.is_file():
        pytest.skip(
            "axe-core is not there: npm pack axe-core, unpack it to .cache/axe, or set FETCHBENCH_AXE"
        )
    page = visit(scheme=scheme)
    page.execute_script("for (const node of document.querySelectorAll('details')) node.open = true")
    page.execute_script(axe.read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run().then(arguments[0])")
    told = [
        f"{violation['id']}: {node['html'][:150]}"
        for violation in found["violations"]
        for node in violation["nodes"][:3]
    ]
    assert told == []
    assert len(found["passes"]) > 20


def errors(page: webdriver.Chrome) -> list[str]:
    """What the console complains of."""
    return [entry["message"] for entry in page.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}]  # type: ignore[no-untyped-call] # selenium's own gap
