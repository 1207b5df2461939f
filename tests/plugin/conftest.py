"""Separate pytest runs, as a user has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def run_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunTests:
    """Runs a user's test module in a separate process, with the installed plugin."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:cacheprovider -W error")

    def run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_users=tests)
        return pytester.runpytest_subprocess(*options)

    return run
