# ruff: noqa: INP001 - run as `python -m docs.report_picture`; a folder of texts is no package
"""Photograph the page of `vmident report`, made on a fresh sandbox, as docs/report.png.

`python -m docs.report_picture`, with Debian's chromium and chromium-driver, and selenium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver

PICTURE = Path(__file__).with_name("report.png")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars --window-size=1400,1000"
)


def main() -> None:
    """Make the page, open it, and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "estate.html"
        environ = {**os.environ, "VMIDENT_SANDBOX_DIR": folder, "VMIDENT_STATE_DIR": folder}
        words = [sys.executable, "-m", "vmident", "report", "--sandbox", "-o", "none", "--save", str(page)]
        subprocess.run(words, check=True, env=environ)  # noqa: S603 - this program
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in [*_FLAGS.split(), f"--user-data-dir={folder}/chromium"]:
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            metrics = {"width": 1400, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.get(page.as_uri())
            browser.save_screenshot(str(PICTURE))
        finally:
            browser.quit()


if __name__ == "__main__":
    main()
