"""A picture of a page of Airflow, by a browser without a window."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SIZE = "1500,820"
# The page asks the API server for its parts; this is the browser's time, not ours.
_BUDGET_MILLISECONDS = 20_000
_SECONDS = 180


def take_picture(address: str, path: Path) -> bool:
    """Take a picture of a page.

    Args:
        address: The page.
        path: The PNG file to write.

    Returns:
        Whether there is a browser that could take it.
    """
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        return False
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program,
            *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={profile}", f"--window-size={_SIZE}", "--no-first-run"),
            *(f"--virtual-time-budget={_BUDGET_MILLISECONDS}", f"--screenshot={path}", address),
        ]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return False
    return path.exists()
