"""The page in a real browser: it opens from disk, works by mouse and keyboard, is accessible, and asks for nothing.

Needs Debian's `chromium` and `chromium-driver`; axe-core is read from the file that VMIDENT_AXE names.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.render.report.reports import hostile_report, large_report, report_of
from vmident.render.report.page import report_page

CHROMIUM, DRIVER, AXE = shutil.which("chromium"), shutil.which("chromedriver"), os.environ.get("VMIDENT_AXE")
pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1", "::1"]),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"),
    pytest.mark.xdist_group("chromium"),
]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1400,1200"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    yield opened
    opened.quit()


def logs(browser: webdriver.Chrome, kind: str) -> list[Any]:
    found: list[Any] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


class Page:
    """A page in the browser."""

    def __init__(self, browser: webdriver.Chrome, file: Path) -> None:
        self.browser = browser
        logs(browser, "performance")
        browser.get("about:blank")
        browser.get(file.as_uri())

    def text(self, selector: str) -> str:
        return str(self.browser.find_element(By.CSS_SELECTOR, selector).text)

    def count(self, selector: str) -> int:
        return len([one for one in self.browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()])

    def fill(self, selector: str, text: str) -> None:
        self.browser.find_element(By.CSS_SELECTOR, selector).send_keys(text)

    def click(self, selector: str) -> None:
        self.browser.find_element(By.CSS_SELECTOR, selector).click()

    def follow(self, title: str) -> None:
        """Press Enter on the box of the map that has this title, and wait until the map starts from it."""
        script = "[...document.querySelectorAll('#map a')].find((a) => a.textContent.includes(arguments[0])).focus();"
        self.browser.execute_script(script, title)
        self.browser.switch_to.active_element.send_keys(Keys.ENTER)
        self.wait_for_focus(title)

    def wait_for_focus(self, title: str) -> None:
        """Wait until the map starts from the box with this title: it is drawn after the address has changed."""
        script = "const found = document.querySelector('#map .focus'); return found ? found.textContent : '';"
        WebDriverWait(self.browser, 30, poll_frequency=0.02).until(
            lambda browser: title in browser.execute_script(script)
        )

    @property
    def requested(self) -> list[str]:
        """The network addresses that the browser asked for."""
        messages = [json.loads(one["message"])["message"] for one in logs(self.browser, "performance")]
        urls = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if url.startswith(("http", "ws", "ftp"))]


def opened(browser: webdriver.Chrome, folder: Path, page: str) -> Page:
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    return Page(browser, file)


@pytest.fixture
def page(browser: webdriver.Chrome, tmp_path: Path) -> Page:
    return opened(browser, tmp_path, report_page(report_of(), "1.2.3"))


def test_it_starts_at_the_worst_finding_and_asks_for_nothing(page: Page) -> None:
    assert page.text("#map .focus text") == "shared"
    assert page.count("#finding-table tbody tr") == len(report_of().findings)
    assert (page.requested, logs(page.browser, "browser")) == ([], [])


def test_the_map_is_walked_from_who_to_what(page: Page) -> None:
    page.follow("Ann")
    titles = page.browser.execute_script(
        "return [...document.querySelectorAll('#map a text:first-of-type')].map((one) => one.textContent);"
    )
    assert {"User 'Ann'", "shared", "web"} <= set(titles)
    page.follow("Owner")
    page.follow("shared")


def test_the_members_of_a_group_are_listed_where_the_map_starts_from_it(page: Page) -> None:
    page.follow("Crew")
    assert page.text("#map-members") == "Members: Ann, eve"
    page.follow("shared")
    assert page.text("#map-members") == ""


def test_findings_are_filtered_and_sorted(page: Page) -> None:
    page.fill("#finding-severity", "high")
    assert page.count("#finding-table tbody tr") == sum(one.severity.value == "high" for one in report_of().findings)
    page.fill("#finding-search", "no such text")
    assert page.count("#finding-table tbody tr") == 0
    assert page.text("#finding-count").startswith("0 of ")
    page.click("#finding-table th:nth-child(2) button")
    assert page.browser.find_element(By.CSS_SELECTOR, "#finding-table th:nth-child(2)").get_attribute("aria-sort")


def test_identities_are_searched_and_followed_to_the_map(page: Page) -> None:
    page.fill("#identity-search", "idle")
    assert page.count("#identity-table tbody tr") == 1
    page.browser.find_element(By.CSS_SELECTOR, "#identity-table tbody a").send_keys(Keys.ENTER)
    page.wait_for_focus("idle")


@pytest.mark.skipif(not AXE, reason="VMIDENT_AXE does not name axe-core's axe.min.js")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(page: Page, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.click("#finding-table summary")
    source = Path(str(AXE)).read_text(encoding="utf-8")
    # The page's own policy lets no other script in: the debugger does.
    page.browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    page.browser.refresh()
    page.browser.execute_script(source)
    found: list[dict[str, Any]] = page.browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then((found) => done(found.violations));"
    )
    page.browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    assert [one for one in found if one["impact"] in ("serious", "critical")] == []


def test_hostile_names_are_text(browser: webdriver.Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, report_page(hostile_report(), "1.2.3"))
    for link in page.browser.find_elements(By.CSS_SELECTOR, "#finding-table tbody a")[:3]:
        link.send_keys(Keys.ENTER)
    assert browser.title == "Managed identity report"
    assert page.count("img") == 0
    assert (page.requested, logs(browser, "browser")) == ([], [])


def test_ten_thousand_vms_can_be_searched(browser: webdriver.Chrome, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, report_page(large_report(10_000), "1.2.3"))
    assert page.count("#identity-table tbody tr") == 100
    page.fill("#identity-search", "vm9999")
    assert page.count("#identity-table tbody tr") == 1
    assert logs(page.browser, "browser") == []


def test_a_narrow_window_does_not_scroll_sideways(page: Page) -> None:
    metrics = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    width = page.browser.execute_script("return document.documentElement.scrollWidth")
    places = "return [...document.querySelectorAll('#map rect')].map((one) => one.getAttribute('x'));"
    # The map is drawn again when the window has become narrow, its boxes below each other.
    WebDriverWait(page.browser, 30, poll_frequency=0.02).until(
        lambda browser: len(set(browser.execute_script(places))) == 1
    )
    inner = page.browser.execute_script("return document.querySelector('#finding-table').scrollWidth")
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert (width <= 400, inner <= 400) == (True, True)
