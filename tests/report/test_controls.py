"""What a reader changes in the page: the row that others are compared with, the workloads that count, the time of a race."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.report.conftest import Open
from tests.report.ledgers import VARIANTS

BASELINE = VARIANTS[0]


def test_any_row_can_be_compared_with(visit: Open) -> None:
    """What the page says of the baseline is what the script says of it, seen from the other end."""
    page = visit()
    other = VARIANTS[3]

    def ratio(of: str) -> tuple[float, str]:
        row = page.find_element(By.CSS_SELECTOR, f"#t-small-memory tr[data-name='{of}']")
        heads = page.find_elements(By.CSS_SELECTOR, "#t-small-memory thead th")
        at = {str(head.get_attribute("data-key")): place for place, head in enumerate(heads)}
        cells = row.find_elements(By.XPATH, "./*")
        shown = cells[at["ratio"]].find_elements(By.TAG_NAME, "data")
        value = float(str(shown[0].get_attribute("value"))) if shown else 0.0
        return value, cells[at["verdict"]].text

    to_baseline = ratio(other)[0]
    page.find_element(By.NAME, "against").send_keys(other)
    turned, verdict = ratio(BASELINE)
    assert turned == pytest.approx(1 / to_baseline, rel=1e-3)
    assert verdict == ("faster" if turned < 1 else "slower")
    assert ratio(other) == (0.0, "chosen")
    assert page.find_elements(By.CSS_SELECTOR, "#t-small-memory td.apart")
    assert "against=" in page.current_url
    page.refresh()
    assert ratio(BASELINE)[0] == pytest.approx(turned)
    page.find_element(By.CSS_SELECTOR, "#filter button[type=reset]").send_keys(Keys.ENTER)
    assert ratio(other)[0] == to_baseline


def test_the_picks_follow_the_workloads_that_are_ticked(visit: Open) -> None:
    page = visit()
    told = page.find_element(By.ID, "together")
    assert told.text.startswith("In all of them: ")
    [first, second] = page.find_elements(By.CSS_SELECTOR, ".heat input[type=checkbox]")
    whole = told.text
    first.send_keys(Keys.SPACE)
    assert told.text.startswith("In those that are ticked: ")
    best = page.find_elements(By.CSS_SELECTOR, ".heat tbody tr")[0]
    assert best.find_elements(By.TAG_NAME, "td")[1].text == "1.00×"
    assert f"{best.get_attribute('data-name')} is the fastest" in told.text
    second.send_keys(Keys.SPACE)
    assert told.text == "Tick a workload."
    first.send_keys(Keys.SPACE)
    second.send_keys(Keys.SPACE)
    assert told.text == whole  # the script says of all what the report says


def test_a_race_is_played_by_hand_too(visit: Open) -> None:
    page = visit()
    slide = page.find_element(By.CSS_SELECTOR, ".replay input")
    slide.send_keys(Keys.HOME)
    until = "return document.querySelector('.race').style.getPropertyValue('--until')"
    assert page.execute_script(until) == "0.00%"
    slide.send_keys(Keys.END)
    assert page.execute_script(until) == "100.00%"
    calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": calm})
    button = page.find_element(By.CSS_SELECTOR, ".replay button")
    WebDriverWait(page, 10).until(lambda _: not button.is_displayed())  # the browser is told beside the page


def test_on_a_phone_rank_name_and_rate_are_in_view(visit: Open) -> None:
    page = visit(width=390)
    right = "return [...document.querySelectorAll('.ranking td.bar')].map((cell) => cell.getBoundingClientRect().right)"
    assert max(page.execute_script(right)) <= 390


def test_a_program_is_copied_or_ready_to_be(visit: Open) -> None:
    page = visit()
    fold = page.find_element(By.CSS_SELECTOR, f"tr[data-variant='{VARIANTS[4]}'] details.source")
    fold.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert "CLIENT = 1" in fold.text
    button = fold.find_element(By.TAG_NAME, "button")
    assert button.text == "copy"
    button.send_keys(Keys.ENTER)
    WebDriverWait(page, 10).until(lambda _: button.text in {"copied", "selected"})
