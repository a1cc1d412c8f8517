# ruff: noqa: INP001 - run as `python -m docs.report_picture`; a folder of texts is no package
"""Photograph the page of `vmident report`, made on a fresh sandbox: on a wide and a narrow screen, in light and dark.

`python -m docs.report_picture`, with Debian's chromium and chromium-driver, selenium and Pillow.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from selenium import webdriver

FOLDER = Path(__file__).parent
# Name of the picture, width and height of the screen, and the color scheme that the reader prefers.
PICTURES = (
    ("report.png", 1400, 1000, "light"),
    ("report-dark.png", 1400, 1000, "dark"),
    ("report-narrow.png", 400, 1300, "light"),
    ("report-narrow-dark.png", 400, 1300, "dark"),
)
BYTES_AT_MOST = 150_000
_COLORS = 256
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars --window-size=1400,1000"
)


@contextmanager
def browser_in(folder: str) -> Iterator[webdriver.Chrome]:
    """Start Chromium with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in [*_FLAGS.split(), f"--user-data-dir={folder}/chromium"]:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield browser
    finally:
        browser.quit()


def photograph(browser: webdriver.Chrome, page: Path, width: int, height: int, scheme: str) -> bytes:
    """Return a PNG of the top of the page, with few enough colors to be small."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())
    image = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    small = io.BytesIO()
    image.quantize(_COLORS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Make the page, and write the pictures; raises `SystemExit` for one that is too large."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        environ = {**os.environ, "VMIDENT_SANDBOX_DIR": folder, "VMIDENT_STATE_DIR": folder}
        words = [sys.executable, "-m", "vmident", "report", "--sandbox", "--groups", "-o", "none", "--save", str(page)]
        subprocess.run(words, check=True, env=environ)  # noqa: S603 - this program
        with browser_in(folder) as browser:
            for name, width, height, scheme in PICTURES:
                content = photograph(browser, page, width, height, scheme)
                if len(content) > BYTES_AT_MOST:
                    sys.exit(f"{name} has {len(content)} bytes; at most {BYTES_AT_MOST} are allowed.")
                (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
