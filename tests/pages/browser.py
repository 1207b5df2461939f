"""Which Chromium the tests open the page in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

from tests.warehouse.jars import PATIENCE, NotFetched

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the Chromium of this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def missing() -> str | None:
    """Return what the tests of the page in a browser lack; None if they can run."""
    if chromium() is None:
        return "The page needs a browser: install chromium by your system's packages"
    return None


def is_absent() -> bool:
    """Return whether this machine lacks a Chromium that can be fetched: by root on Debian, as in a container."""
    return chromium() is None and sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def fetch() -> None:
    """Install Debian's Chromium.

    Raises:
        NotFetched: apt-get could not.
    """
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        try:
            done = subprocess.run(
                ["apt-get", "-qq", *words], check=False, capture_output=True, text=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            raise NotFetched(f"chromium did not arrive within {PATIENCE} seconds") from None
        if done.returncode:
            raise NotFetched(f"chromium could not be installed:\n{done.stdout}{done.stderr}")
