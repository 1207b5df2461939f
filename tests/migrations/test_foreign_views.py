"""Another tool's views under our names: calls say so and name the command; setup, upgrade and repair restore ours."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event

from etl_monitor_orm import ETLMonitor, SchemaOutOfDate, migrations
from etl_monitor_orm.foreign_views import TELLING
from etl_monitor_orm.views import VIEWS, ViewBase
from tests.migrations.looking import execute, quoted

Place = tuple[Engine, str]
HR = ("CORP", "HR_DAILY")

CALLS = {
    "v_processStatus": lambda monitor: monitor.processes(),
    "v_runSummary": lambda monitor: monitor.runs("run-1"),
    "v_taskDetail": lambda monitor: monitor.get_status(*HR, "2026-04-09"),
    "v_mandatoryBlockers": lambda monitor: monitor.failures(mandatory=True),
    "v_currentFailures": lambda monitor: monitor.failures(),
    "v_watermarks": lambda monitor: monitor.watermarks(),
    "v_overdue": lambda monitor: monitor.overdue(evaluate=False),
}
"""A call that reads each view."""


@pytest.fixture
def monitor(place: Place) -> ETLMonitor:
    """A monitor with a run, on tables that were just made."""
    engine, schema = place
    monitor = ETLMonitor(engine, schema=schema).setup().register_process(*HR)
    monitor.register_task(*HR, 1, 1, 2, "Load employees").start_run(*HR, "2026-04-09", execution_id="run-1")
    return monitor


def replace(place: Place, view: type[ViewBase]) -> str:
    """Put a view there that lacks the column by which ours is known; return that column's name."""
    engine, schema = place
    name, known = f"{schema}.{quoted(engine, view.__tablename__)}", TELLING[view.__tablename__]
    there = [column.name for column in view.__table__.c if column.name != known]
    columns = ", ".join(f"NULL AS {quoted(engine, column)}" for column in there)
    execute(engine, f"DROP VIEW {name}")
    execute(engine, f"CREATE VIEW {name} AS SELECT {columns}")
    return known


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__tablename__)
def test_given_a_foreign_view_when_a_call_reads_it_then_the_error_names_it_and_the_command(
    place: Place, monitor: ETLMonitor, view: type[ViewBase]
) -> None:
    lost = replace(place, view)

    with pytest.raises(
        SchemaOutOfDate, match=rf"View {view.__tablename__} .* lacks {lost}\. Run `etl-monitor db repair "
    ):
        CALLS[view.__tablename__](monitor)


def test_given_a_foreign_view_when_a_call_does_not_read_it_then_it_works(place: Place, monitor: ETLMonitor) -> None:
    for view in VIEWS:
        replace(place, view)

    with monitor.task("run-1", *HR, 1, processing_date="2026-04-09"):
        pass


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__tablename__)
def test_given_a_foreign_view_when_set_up_again_then_ours_is_there_and_no_row_is_lost(
    place: Place, monitor: ETLMonitor, view: type[ViewBase]
) -> None:
    replace(place, view)

    monitor.setup()

    assert migrations.compare(*place) == migrations.Comparison()
    assert [step.execution_id for step in monitor.get_status(*HR, "2026-04-09")] == ["run-1"]


def test_given_foreign_views_when_set_up_again_then_all_that_differ_are_restored(
    place: Place, monitor: ETLMonitor
) -> None:
    engine, schema = place
    replace(place, VIEWS[0])
    name = f"{schema}.{quoted(engine, VIEWS[-1].__tablename__)}"
    columns = ", ".join(f"NULL AS {quoted(engine, column.name)}" for column in VIEWS[-1].__table__.c)
    execute(engine, f"DROP VIEW {name}")
    execute(engine, f"CREATE VIEW {name} AS SELECT {columns}")

    done = migrations.upgraded(engine, schema)

    assert [words.split()[1] for words in done.restored] == [VIEWS[0].__tablename__, VIEWS[-1].__tablename__]
    assert migrations.check(engine, schema) == []


def test_given_a_missing_view_when_set_up_again_then_it_is_there(place: Place, monitor: ETLMonitor) -> None:
    engine, schema = place
    execute(engine, f"DROP VIEW {schema}.{quoted(engine, 'v_taskDetail')}")

    monitor.setup()

    assert migrations.check(engine, schema) == []


def test_given_our_views_when_set_up_again_then_it_costs_one_statement(place: Place, monitor: ETLMonitor) -> None:
    engine, _ = place
    executed: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        executed.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    monitor.setup()
    event.remove(engine, "before_cursor_execute", note)

    assert len(executed) == 1


def test_given_foreign_views_of_a_newer_revision_when_set_up_then_they_are_left(
    place: Place, monitor: ETLMonitor
) -> None:
    engine, schema = place
    replace(place, VIEWS[0])
    version = f"{schema}.{quoted(engine, 'etl_monitor_version')}"
    execute(engine, f"UPDATE {version} SET version_num = '9999', readable_from = '0.0.1'")

    monitor.setup()

    with pytest.raises(SchemaOutOfDate):
        monitor.processes()


def test_given_our_views_then_each_is_known_by_one_of_its_columns() -> None:
    assert {view.__tablename__ for view in VIEWS if TELLING[view.__tablename__] in view.__table__.c} == TELLING.keys()
