"""Tables that releases of the Spark edition made and filled with their own code, before and after they are adopted.

Each release takes some two minutes, and the stops as long again, so `.ci/run` asks the first one, without the stops;
`just releases` asks all.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl_monitor_orm import AdoptionReport, ETLMonitor, EtlMonitorError, ManualClock, migrations
from etl_monitor_orm.adoption import adopting
from tests.databases import migrated, monitor_url
from tests.interoperation import adopted
from tests.interoperation.histories import (
    DAY_AFTER,
    HR,
    INITIATION,
    LATER,
    NEXT_DAY,
    RUNS,
    TABLES,
    TWICE,
    Edition,
    make,
)
from tests.interoperation.releases import RELEASES, absent_wheels
from tests.warehouse import Warehouse
from tests.warehouse.faults import ERROR_AFTER, ERROR_BEFORE, Fault
from tests.warehouse.requirements import FETCH

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

Rows = dict[str, list[dict[str, Any]]]
RESULTS, LOGS = "ETLProcessingSteps", "ETLsysLogs"


@dataclass(frozen=True)
class Made:
    """A release's tables with its history.

    Attributes:
        edition: The release.
        rows: All rows of all its tables.
        offered: What it offers a dispatcher, of each run.
    """

    edition: Edition
    rows: Rows
    offered: dict[str, list[dict[str, Any]]]

    @property
    def name(self) -> str:
        """Return the name under which the warehouse has them."""
        return f"made by {self.edition.release}"


def rows_of(edition: Edition) -> Rows:
    """Read all tables of a release."""
    names = TABLES if edition.has_files else TABLES[2:]
    return {name: edition.sql(f"SELECT * FROM {{{name}}}") for name in names}


def steps_of(rows: Rows) -> list[dict[str, Any]]:
    """Return the steps in the order of their keys."""
    return sorted(rows[RESULTS], key=adopted.in_order)


def runs(edition: Edition) -> dict[str, str]:
    """Return the date of each run of the history."""
    found = {run: day for day, run in RUNS.items()} | {run: day for day, run in LATER.items()}
    if edition.retries_in_place:
        del found[LATER[TWICE]]
    return found


@pytest.fixture(scope="module", params=RELEASES)
def made(request: pytest.FixtureRequest, warehouse: Warehouse) -> Iterator[Made]:
    """The tables of a release, not adopted yet."""
    if request.param in absent_wheels():
        pytest.skip(f"the Spark edition's release {request.param} is not there: {FETCH}")
    migrated(warehouse)
    edition = Edition(request.param, warehouse.notebook())
    make(edition)
    offered = {run: edition.offered(run, day) for run, day in runs(edition).items()}
    there = Made(edition, rows_of(edition), offered)
    warehouse.save(there.name)
    yield there
    gc.collect()  # the notebook's sockets
    warehouse.restore("empty")


@pytest.fixture(scope="module")
def ours(warehouse: Warehouse, made: Made) -> Iterator[ETLMonitor]:
    """This edition in the release's schema, two hours later: nothing that runs there is young any more."""
    later = ManualClock(datetime.now(UTC) + timedelta(hours=2))
    monitor = ETLMonitor(monitor_url(warehouse), schema=made.edition.schema, clock=later)
    yield monitor
    monitor.close()


@pytest.fixture(scope="module")
def report(warehouse: Warehouse, made: Made, ours: ETLMonitor) -> AdoptionReport:
    """What the adoption says; the warehouse remembers what it left."""
    warehouse.restore(made.name)
    done = ours.adopt()
    warehouse.save(f"{made.name}, adopted")
    return done


@pytest.fixture
def taken_over(warehouse: Warehouse, made: Made, ours: ETLMonitor, report: AdoptionReport) -> ETLMonitor:
    """This edition on the adopted tables, as the adoption left them."""
    warehouse.restore(f"{made.name}, adopted")
    return ours


def as_before(rows: Rows, before: Rows) -> Rows:
    """Return rows in the columns that the tables had before."""
    return {
        name: [{column: row[column] for column in before[name][0]} for row in rows[name]]
        for name in before
        if before[name]
    }


def test_given_a_release_then_its_history_has_every_shape_that_is_misread(made: Made) -> None:
    steps = {adopted.key(row): row for row in steps_of(made.rows) if row["ProcessLoad"] == HR[1]}
    waiting = [row for row in steps.values() if row["Status"] == "NQUE" and row["SourceType"] is None]
    assert len(made.rows[RESULTS]) > 5_000
    assert all(row["StartTime"] is not None for row in waiting)
    for step in adopted.WAITING_AGAIN:
        assert (steps[(*step, 0)]["Status"], steps[(*step, 0)]["LogMessage"]) == ("RQUE", "late rows")
        assert steps[(*step, 0)]["EndTime"] > steps[(*step, 0)]["StartTime"]
    for step in adopted.STARTED_AGAIN:
        assert (steps[(*step, 0)]["Status"], steps[(*step, 0)]["SourceRunID"]) == ("NQUE", "17")
        assert steps[(*step, 0)]["EndTime"] < steps[(*step, 0)]["StartTime"]
    for day, run in adopted.MARKERS & {(day, run) for run, day in runs(made.edition).items()}:
        marker = steps[day, run, INITIATION, 1 if run in LATER.values() else 0]
        assert (marker["Status"], marker["EndTime"] is None) == ("NQUE", False)
    assert bool([row for row in steps.values() if row.get("ForceSkip")]) is made.edition.has_skips


def test_given_an_adoption_then_only_the_mapped_keys_changed_and_all_else_is_identical(
    taken_over: ETLMonitor, made: Made
) -> None:
    after = as_before(rows_of(made.edition), made.rows)
    assert steps_of(after) == adopted.expected(made.edition, made.rows[RESULTS])
    for name in after.keys() - {RESULTS, LOGS}:
        assert sorted(after[name], key=repr) == sorted(adopted.without_empty_texts(made.rows[name]), key=repr), name


def test_given_an_adoption_then_its_report_names_the_keys_that_changed(report: AdoptionReport, made: Made) -> None:
    def plain(step: Any) -> adopted.Key:
        return str(step.processing_date), step.execution_id, step.task_id, step.attempts

    told = {plain(old): tuple(plain(new) for new in became) for old, became in report.moved.items()}
    assert told == adopted.moved(made.edition)
    assert [(mark.parameter_name, mark.before) for mark in report.watermarks] == [
        (mark.parameter_name, mark.after) for mark in report.watermarks
    ]


def test_given_an_adoption_then_what_the_release_offered_is_pending(taken_over: ETLMonitor, made: Made) -> None:
    left = adopted.superseded(made.edition)
    for run, day in runs(made.edition).items():
        theirs = [(row["TaskID"], row["Status"] == "FAIL") for row in made.offered[run]]
        found = taken_over.get_pending_tasks(run, *HR, day)
        wanted = [(task, failed) for task, failed in theirs if (run, task) not in left]
        assert [(task.task_id, task.status == "FAIL") for task in found] == wanted, run


def test_given_an_adoption_then_ready_has_the_stage_that_comes_next(taken_over: ETLMonitor, made: Made) -> None:
    dates = runs(made.edition)
    found = {
        run: [task.task_id for task in taken_over.start_run(*HR, dates[run], execution_id=run).ready()]
        for run in adopted.ready(made.edition)
    }
    assert found == adopted.ready(made.edition)


def test_given_an_adoption_then_stale_steps_are_those_that_ran(taken_over: ETLMonitor) -> None:
    failed = taken_over.fail_stale(timedelta(hours=1), since="2025-01-01")
    assert {(str(step.processing_date), step.execution_id, step.task_id) for step in failed} == adopted.RUNNING


def test_given_an_adoption_then_a_day_runs_by_our_code_and_the_next_by_theirs(
    taken_over: ETLMonitor, made: Made
) -> None:
    run = taken_over.start_run(*HR, NEXT_DAY, execution_id="ours")
    while tasks := run.ready():
        for task in tasks:
            with run.task(task.task_id, workflow_id=task.workflow_id):
                pass
    edition = made.edition
    assert edition.offered("ours", NEXT_DAY) == []

    edition.theirs.generate_execution_steps("theirs", *HR, DAY_AFTER)
    edition.do("theirs", DAY_AFTER, *(row["TaskID"] for row in edition.offered("theirs", DAY_AFTER)))
    assert edition.offered("theirs", DAY_AFTER) == []
    assert [
        (each.execution_id, each.overall_status)
        for day in (NEXT_DAY, DAY_AFTER)
        for each in taken_over.start_run(*HR, day, execution_id="ours" if day == NEXT_DAY else "theirs").summary()
    ] == [
        ("ours", "COMPLETE"),
        ("theirs", "COMPLETE"),
    ]


def test_given_an_adoption_that_is_only_written_then_its_script_chooses_the_catalog_first(
    warehouse: Warehouse, made: Made, ours: ETLMonitor
) -> None:
    warehouse.restore(made.name)
    script = adopting.adoption_script(ours.engine, ours.schema, now=datetime.now(UTC) + timedelta(hours=2))

    statements = [line for line in script.splitlines() if line and not line.startswith("--")]
    assert statements[0] == "USE CATALOG main;"


def test_given_views_in_another_schema_when_adopted_then_both_sets_answer(warehouse: Warehouse, made: Made) -> None:
    warehouse.restore(made.name)
    edition, apart = made.edition, f"{made.edition.schema}_views"
    theirs = edition.views()
    monitor = ETLMonitor(monitor_url(warehouse), schema=edition.schema, views_schema=apart)

    report = monitor.adopt(keep_their_views=True, anyway=True)

    assert report.done
    assert edition.views() == theirs
    assert migrations.check(monitor.engine, edition.schema) == []
    assert {row.process_load for row in monitor.processes()} >= {HR[1]}
    monitor.close()


@pytest.mark.parametrize("fault", [ERROR_AFTER, ERROR_BEFORE], ids=["executed", "not executed"])
def test_given_a_stop_at_any_statement_when_adopted_again_then_it_ends_the_same(
    warehouse: Warehouse, made: Made, ours: ETLMonitor, fault: Fault
) -> None:
    warehouse.restore(made.name)
    stops = Stops()
    warehouse.faults.at(stops, fault, times=1_000)
    try:
        said = goes_on(ours.adopt)
    finally:
        warehouse.faults.clear()

    assert said.done
    assert len(stops.seen) > 20
    after = as_before(rows_of(made.edition), made.rows)
    assert steps_of(after) == adopted.expected(made.edition, made.rows[RESULTS])
    for name in after.keys() - {RESULTS, LOGS}:
        assert sorted(after[name], key=repr) == sorted(adopted.without_empty_texts(made.rows[name]), key=repr), name
    assert not ours.adopt().changes


class Stops:
    """Each statement that writes, the first time that it is sent; of comments, the first of all."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def __call__(self, statement: str) -> bool:
        words = statement.split(None, 1)[0].upper()
        if words in {"SELECT", "DESCRIBE", "SHOW", "SET", "USE", "WITH"}:
            return False
        key = "comments" if words == "COMMENT" or " ALTER COLUMN " in statement else statement
        if key in self.seen:
            return False
        self.seen.add(key)
        return True


def goes_on(adopt: Callable[[], AdoptionReport]) -> AdoptionReport:
    """Adopt again after every stop, until nothing stops it."""
    for _ in range(200):
        try:
            return adopt()
        except EtlMonitorError:
            continue
    raise AssertionError("the adoption does not end")
