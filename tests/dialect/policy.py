"""Holds a run of the compliance suite to `exclusions.py` and to a number of passes."""

from __future__ import annotations

import re
from collections.abc import Generator

import pytest
import sqlalchemy
from exclusions import NO_OTHER_ISOLATION, REQUIREMENTS, TESTS, Exclusion

PASSES = {"2.0": 1_535, "2.1": 1_754}
"""The fewest tests that may pass, by the line of SQLAlchemy, which brings the suite."""

_EXCLUSION = pytest.StashKey[Exclusion]()
_LISTED_REASONS = (*REQUIREMENTS.values(), NO_OTHER_ISOLATION)


class Policy:
    """Judges each report, and the run as a whole."""

    def __init__(self, config: pytest.Config) -> None:
        chosen = config.option.keyword or config.option.markexpr or any("::" in arg for arg in config.args)
        self._floor = 0 if chosen else PASSES[sqlalchemy.__version__.rpartition(".")[0]]
        self._passed = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        for item in items:
            # SQLAlchemy's plugin adds the database to the name of each class.
            name = f"{getattr(item.cls, '_sa_orig_cls_name', item.cls.__name__)}::{item.name}"
            for exclusion in TESTS:
                if exclusion.applies and re.fullmatch(exclusion.tests, name):
                    item.stash[_EXCLUSION] = exclusion
                    break

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        exclusion = item.stash.get(_EXCLUSION, None)
        if report.skipped and not any(reason in str(report.longrepr) for reason in _LISTED_REASONS):
            report.outcome = "failed"
            report.longrepr = f"skipped for a reason that exclusions.py does not list: {report.longrepr}"
        elif exclusion is not None and report.failed and exclusion.error in str(call.excinfo.value):
            report.outcome = "skipped"
            report.wasxfail = exclusion.reason
        elif exclusion is not None and report.when == "call" and report.passed:
            report.outcome = "failed"
            report.longrepr = f"passes, so that this exclusion is out of date: {exclusion}"
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._passed += report.when == "call" and report.passed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._passed < self._floor and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"dialect compliance: {self._passed} passed, at least {self._floor} must")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Policy(config))
