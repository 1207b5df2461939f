"""Rules that hold for every test."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.errors import ConfigurationError
from tests import postgres as postgres_server
from tests.fetching import lacking
from tests.selection import PARTS, WAREHOUSE, chosen
from tests.warehouse import missing
from tests.warehouse.jars import NotFetched
from tests.warehouse.requirements import FOLDER_VARIABLE, jar_folder

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.warehouse import Warehouse

BACKENDS = ("duckdb", "postgresql", "databricks")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        action="append",
        choices=BACKENDS,
        help="run the tests of this backend only; may be repeated (default: all)",
    )
    parser.addoption(
        "--warehouse",
        choices=PARTS,
        default="sample",
        help="which tests that need the warehouse run: a sample (default), a quarter, each once, all or none",
    )
    parser.addoption(
        "--once", action="store_true", help="run the other tests with their first case on each backend only"
    )
    parser.addoption(
        "--postgres-version",
        type=int,
        choices=sorted(postgres_server.VERSIONS),
        default=max(postgres_server.VERSIONS),
        help="the server that the tests of PostgreSQL run on (default: the newest; before 17, MERGE returns no rows)",
    )
    parser.addoption(
        "--take-pictures", action="store_true", help="let the tests of the documentation's pictures take them again"
    )
    parser.addoption(
        "--spark35",
        metavar="PYTHON",
        help="run only the tests that compare Spark 3.5 with Spark 4, on the pyspark 3.5 of this Python's environment",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Fetch what the tests need, once, before the processes that share it begin."""
    config = session.config
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    backends = set(config.getoption("--backend") or BACKENDS)
    if config.getoption("--warehouse") == "none":
        backends.discard(WAREHOUSE)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for thing in lacking(config, backends):
        reporter.write_line(f"Fetching {thing.name}, once, into {jar_folder()}")
        try:
            thing.fetch()
        except NotFetched as trouble:
            reporter.write_line(str(trouble))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `backend`, itself or by a fixture, runs on all that can do what its module NEEDS.

    A module may also say which capabilities a backend LACKS, or name BACKENDS, where it is about these themselves.
    """
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", _backends_for(metafunc.module), scope="session")


def _backends_for(module: object) -> list[str]:
    needs, lacks = getattr(module, "NEEDS", ()), getattr(module, "LACKS", ())
    named = getattr(module, "BACKENDS", BACKENDS)
    return [name for name in named if not (needs or lacks) or _can(name, needs, lacks)]


def _can(name: str, needs: Sequence[str], lacks: Sequence[str]) -> bool:
    try:
        can = backend_for(name).capabilities
    except ConfigurationError:
        return True  # its driver is missing: its database fixture says so when a test requests it
    return all(getattr(can, one) for one in needs) and not any(getattr(can, one) for one in lacks)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that were not requested."""
    kept = chosen(
        items,
        config.getoption("--backend") or BACKENDS,
        config.getoption("--warehouse"),
        once=config.getoption("--once"),
        older=config.getoption("--spark35") is not None,
    )
    left_out = [item for item in items if item not in set(kept)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged may be text that cannot be encoded; a report that travels between processes must be."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.fixture(scope="session")
def warehouse() -> Iterator[Warehouse]:
    """The local warehouse: the real driver and dialect over http, Spark and Delta Lake behind it."""
    if lacking := missing():
        pytest.skip(lacking)
    from tests.warehouse import start_warehouse

    with start_warehouse() as running:
        yield running


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Server]:
    """This process's own PostgreSQL server; `--postgres-version` says which version it is."""
    if lacking := postgres_server.missing():
        pytest.skip(lacking)
    with postgres_server.start_server(request.config.getoption("--postgres-version")) as running:
        yield running


@pytest.fixture(scope="session")
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where programs of the tests keep their journals."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, _state_folder: Path) -> None:
    """No test sees the settings of the person who runs it, except the folder of the warehouse's jars."""
    monkeypatch.setenv("XDG_STATE_HOME", str(_state_folder))
    for name in [name for name in os.environ if name.startswith("ETL_MONITOR_") and name != FOLDER_VARIABLE]:
        monkeypatch.delenv(name)


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, here and in the programs that a test starts: a background job ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def signals_arrive(ctrl_c_interrupts: None) -> Iterator[None]:
    """What a background job or `nohup` ignores has its default effect, here and in what a test starts."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGQUIT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


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
