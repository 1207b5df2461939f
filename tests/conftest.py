"""Rules that hold for every test."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from tests.warehouse import missing
from tests.warehouse.requirements import FOLDER_VARIABLE

if TYPE_CHECKING:
    from tests.warehouse import Warehouse

BACKENDS = ("duckdb", "databricks")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        action="append",
        choices=BACKENDS,
        help="run the tests of this backend only; may be repeated (default: all)",
    )
    parser.addoption(
        "--warehouse-share",
        type=int,
        default=1,
        metavar="N",
        help="run one in N of the contract's tests on the warehouse, the first case of each (default: 1, all of them)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `backend`, itself or by a fixture, runs on all, or on those in its module's BACKENDS."""
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", getattr(metafunc.module, "BACKENDS", BACKENDS), scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out other backends than were asked for, and of the warehouse's tests those that are not in the share.

    What needs the warehouse is Databricks', though it is not asked to run on each backend.
    """
    wanted = config.getoption("--backend") or BACKENDS
    share = config.getoption("--warehouse-share")
    seen: set[object] = set()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        backend = _backend_of(item)
        needs_warehouse = backend == "databricks" or "warehouse" in getattr(item, "fixturenames", ())
        away = (backend or wanted[0]) not in wanted or (needs_warehouse and "databricks" not in wanted)
        if backend == "databricks" and share > 1 and not away:
            test = (item.parent, item.originalname, _call_of(item))
            away = test in seen or (_call_of(item) is None and crc32(item.originalname.encode()) % share != 0)
            seen.add(test)
        (left_out if away else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged may be text that cannot be encoded; a report that travels between processes must be."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


def _call_of(item: pytest.Item) -> object:
    """The call that a test of faults is about: each is tested, in its first way, whatever the share."""
    return (
        id(item.callspec.params["call"]) if "every_call" in item.path.parts and "call" in item.callspec.params else None
    )


def _backend_of(item: pytest.Item) -> object:
    return item.callspec.params.get("backend") if hasattr(item, "callspec") else None


@pytest.fixture(scope="session")
def warehouse() -> Iterator[Warehouse]:
    """The local warehouse: the real driver and dialect over http, Spark and Delta Lake behind it."""
    if lacking := missing():
        pytest.skip(lacking)
    from tests.warehouse import start_warehouse

    with start_warehouse() as running:
        yield running


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it; where the warehouse finds its jars is not the monitor's."""
    for name in [name for name in os.environ if name.startswith("ETL_MONITOR_") and name != FOLDER_VARIABLE]:
        monkeypatch.delenv(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, number in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.write_line(f"{number} skipped: {reason.removeprefix('Skipped: ')}")
    if os.environ.get("CI") and skipped:
        terminalreporter.write_line(f"{len(skipped)} checks were skipped; in CI every one must run", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
