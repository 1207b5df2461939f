"""Who set a watermark is stored: a value that was set explicitly outlives the steps that started before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, Run

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
REWOUND = datetime(2025, 12, 1, tzinfo=UTC)

Row = Callable[..., Parameter]
Do = Callable[[ETLMonitor], object]


def at(text: str, day: int = 1) -> datetime:
    """A time of January 2026, UTC."""
    return datetime.fromisoformat(f"2026-01-{day:02} {text}").replace(tzinfo=UTC)


@pytest.fixture
def moved(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """Tasks 1 and 4 share a watermark, which moved by itself on the first of January at 06:00; it is the second."""

    def move() -> None:
        hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadEmployees")
        run = hr.start_run(*HR, "2026-01-01", execution_id="first")
        with run.task(1), run.task(4):
            clock.advance(600)
        clock.set("2026-01-02 06:00")

    prepare(move)
    return hr


@pytest.fixture
def parameter(row: Row) -> Callable[[], Parameter]:
    return lambda: row(Parameter, parameter_name="LoadEmployees")


@pytest.fixture
def set_from_outside(moved: ETLMonitor) -> Callable[..., None]:
    """Set the watermark as another tool does, which knows only the columns of the first revision."""

    def do(value: datetime | None, touched_on: datetime | None = None) -> None:
        touched = {} if touched_on is None else {"last_updated_on": touched_on}
        named = update(Parameter).where(
            Parameter.project_code == HR[0],
            Parameter.process_load == HR[1],
            Parameter.parameter_name == "LoadEmployees",
        )
        with moved.session() as session:
            session.execute(named.values(value_datetime=value, **touched))
            session.commit()

    return do


def test_automatic_advance_writes_the_value_that_it_set_and_no_time_of_setting(
    moved: ETLMonitor, parameter: Callable[[], Parameter]
) -> None:
    found = parameter()

    assert (found.value, found.automatic_value, found.set_on) == (at("06:00"), at("06:00"), None)


@pytest.mark.parametrize(
    "setting",
    [
        lambda m: m.advance_watermark(*EMPLOYEES, "2026-01-01 07:00"),
        lambda m: m.advance_watermark(*EMPLOYEES, "2026-01-01 06:00"),
        lambda m: m.advance_watermark(*EMPLOYEES, REWOUND, allow_rewind=True),
        lambda m: m.set_processing_mode(*HR, is_bulk_mode=True),
        lambda m: m.set_processing_mode(*HR, is_bulk_mode=True, parameter_name="LoadEmployees"),
        lambda m: m.set_processing_mode(*HR, parameter_name="LoadEmployees", value_datetime=REWOUND),
    ],
    ids=["advance", "same value", "rewind", "bulk", "bulk for one", "one value"],
)
def test_explicit_setting_writes_its_time_and_leaves_the_automatic_value(
    moved: ETLMonitor, clock: ManualClock, parameter: Callable[[], Parameter], setting: Do
) -> None:
    now = clock.advance(60)
    setting(moved)

    found = parameter()
    assert (found.set_on, found.automatic_value) == (now, at("06:00"))


@pytest.mark.parametrize(("value", "set_at"), [({}, None), ({"value_datetime": "2026-01-01"}, True)])
def test_registration_counts_as_setting_only_with_a_value(
    hr: ETLMonitor, clock: ManualClock, row: Row, value: dict[str, str], set_at: bool | None
) -> None:
    hr.register_parameter(*HR, "New", "DELTA_DATE", **value)

    assert row(Parameter, parameter_name="New").set_on == (clock.now if set_at else None)


def test_description_changes_leave_who_set_the_value(
    moved: ETLMonitor, clock: ManualClock, parameter: Callable[[], Parameter]
) -> None:
    set_on = clock.now
    moved.advance_watermark(*EMPLOYEES, "2026-01-01 07:00")
    clock.advance(60)
    moved.register_parameter(*EMPLOYEES, "DELTA_DATE", description="Changed")

    found = parameter()
    assert (found.set_on, found.automatic_value) == (set_on, at("06:00"))


def test_given_a_sibling_held_it_when_a_step_that_began_before_is_done_then_it_stays(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(4):
        clock.advance(60)
        with run.task(1) as task:
            task.advance(task.watermark)
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == at("06:00")


def test_given_a_sibling_rewound_it_when_a_step_that_began_before_is_done_then_it_stays(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(4):
        with run.task(1) as task:
            clock.advance(60)
            task.advance(REWOUND, allow_rewind=True)
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == REWOUND


def stage_in_one_instant(monitor: ETLMonitor, day: str) -> None:
    run = monitor.start_run(*HR, day)
    with run.task(4), run.task(1) as task:
        task.advance(task.watermark)


def test_given_a_clock_that_stands_still_when_a_value_is_staged_then_it_stays(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    stage_in_one_instant(moved, "2026-01-02")

    assert moved.get_active_watermark(*EMPLOYEES) == at("06:00")


def test_given_a_value_staged_one_day_when_the_next_day_is_done_then_it_moves_again(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    stage_in_one_instant(moved, "2026-01-02")
    clock.set("2026-01-03 06:00")
    run = moved.start_run(*HR, "2026-01-03")
    with run.task(1), run.task(4):
        pass

    assert moved.get_active_watermark(*EMPLOYEES) == at("06:00", day=3)


@pytest.mark.parametrize("value", [REWOUND, None, at("05:00", day=2)], ids=["rewound", "emptied", "moved on"])
def test_given_another_tool_set_it_since_the_step_began_when_done_then_it_stays(
    moved: ETLMonitor, clock: ManualClock, set_from_outside: Callable[..., None], value: datetime | None
) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        set_from_outside(value, clock.advance(60))
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == value


def test_given_another_tool_set_it_at_the_instant_of_the_start_when_done_then_it_stays(
    moved: ETLMonitor, clock: ManualClock, set_from_outside: Callable[..., None]
) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        set_from_outside(REWOUND, clock.now)
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == REWOUND


def test_given_another_tool_set_it_before_the_step_began_when_done_then_it_moves_on(
    moved: ETLMonitor, clock: ManualClock, set_from_outside: Callable[..., None]
) -> None:
    set_from_outside(REWOUND, clock.now)
    began = clock.advance(60)
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == began


def test_given_another_tool_set_it_over_an_explicit_value_when_done_then_its_time_counts(
    moved: ETLMonitor, clock: ManualClock, set_from_outside: Callable[..., None]
) -> None:
    moved.advance_watermark(*EMPLOYEES, "2026-01-01 07:00")
    clock.advance(60)
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        set_from_outside(REWOUND, clock.advance(60))
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == REWOUND


def test_given_an_automatic_value_when_its_description_changes_during_the_step_then_it_moves(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    began = clock.now
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        clock.advance(60)
        moved.register_parameter(*EMPLOYEES, "DELTA_DATE", description="Changed")

    assert moved.get_active_watermark(*EMPLOYEES) == began


def test_given_a_value_never_set_when_its_description_changes_during_the_step_then_it_moves(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    began = clock.now
    with run.task(1):
        clock.advance(60)
        hr.register_parameter(*EMPLOYEES, "DELTA_DATE", description="Changed")

    assert hr.get_active_watermark(*EMPLOYEES) == began


def test_given_an_explicit_value_when_its_description_changes_during_the_step_then_it_stays(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    """Whether the value or the description changed last, the columns do not tell: data is read again, none is lost."""
    moved.advance_watermark(*EMPLOYEES, "2026-01-01 07:00")
    clock.advance(60)
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1), run.task(4):
        clock.advance(60)
        moved.register_parameter(*EMPLOYEES, "DELTA_DATE", description="Changed")

    assert moved.get_active_watermark(*EMPLOYEES) == at("07:00")


def test_given_sharers_when_set_after_the_earliest_start_then_it_stays_whoever_ends_last(
    moved: ETLMonitor, clock: ManualClock
) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1):
        clock.advance(60)
        moved.advance_watermark(*EMPLOYEES, "2026-01-01 07:00")
    clock.advance(60)
    with run.task(4):
        clock.advance(60)

    assert moved.get_active_watermark(*EMPLOYEES) == at("07:00")


def test_the_advance_reads_steps_of_its_own_date_only(moved: ETLMonitor, statements) -> None:
    run = moved.start_run(*HR, "2026-01-02")
    with run.task(1):
        pass
    with statements.counted() as executed, run.task(4):
        pass

    (advance,) = (sql for sql in executed if sql.startswith("MERGE") and "ETLconfigParameters" in sql.split("USING")[0])
    reads = advance.replace("`", "").replace('"', "").count("FROM etl.ETLProcessingSteps")
    assert reads == advance.replace("`", "").replace('"', "").count("WHERE etl.ETLProcessingSteps.ProcessingDate = ")
    can = moved._runtime.units.capabilities
    # Where a start returns nothing and nothing is remembered of it, the advance asks for the parameter's name too.
    assert reads == (2 if can.transactions and not can.returning else 1)
