"""A reader's empty folder, and the documentation site."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from .built import Site, built_once


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The documentation site. The processes of a test run share one: the first to ask builds it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "site.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        return built_once(shared)
