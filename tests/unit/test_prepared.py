"""Statements that are built once: blank keys stand for all others, and a statement fits every value."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, event, select

from etl_monitor_orm import ETLMonitor, Parameter, Process, ProcessingStep, Run, Task
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.prepared import blank, built_once, filled

LOAD = {"project_code": "A", "process_load": "B"}


def step(number: int, **parts: int) -> StepKey:
    return StepKey(RunKey(ProcessKey("A", f"B{number}"), f"run-{number}", date(2026, 4, number)), number, 1, **parts)


@built_once
def _attempts(key: StepKey) -> Select[int]:
    return select(ProcessingStep.attempts).where(*of_step(key))


@pytest.mark.parametrize("parts", [{}, {"sequence_id": 2}, {"attempts": 3}, {"sequence_id": 2, "attempts": 3}])
def test_statement_for_keys_with_the_same_parts_is_built_once(parts: dict[str, int]) -> None:
    assert _attempts(blank(step(1, **parts))) is _attempts(blank(step(2, **parts)))


def test_statement_for_keys_with_other_parts_is_another() -> None:
    assert _attempts(blank(step(1))) is not _attempts(blank(step(1, attempts=0)))


@pytest.mark.parametrize("parts", [{}, {"sequence_id": 2, "attempts": 0}])
def test_values_of_a_key_fill_the_places_of_its_blank(parts: dict[str, int]) -> None:
    key = step(1, **parts)

    compiled = _attempts(blank(key)).compile()

    assert set(compiled.params) == set(filled(key))
    assert None not in filled(key).values()


@pytest.fixture
def monitor() -> ETLMonitor:
    monitor = ETLMonitor("duckdb:///:memory:").setup()
    monitor.register(
        [
            Process(**LOAD),
            Parameter(**LOAD, parameter_name="M", parameter_type="DELTA_DATE"),
            Task(**LOAD, task_id=1, workflow_id=1, sequence_id=2, task_name="Load", source_system_code="M"),
        ]
    )
    return monitor


def test_frequent_calls_of_another_run_compile_no_statement_anew(monitor: ETLMonitor) -> None:
    def day(run: Run) -> None:
        run.pending()
        run.pending(workflow_id=1)
        with run.task(1):
            pass

    first, second = (monitor.start_run("A", "B", on) for on in ("2026-04-09", "2026-04-10"))
    day(first)
    hits: list[str] = []

    @event.listens_for(monitor.engine, "before_cursor_execute")
    def note(connection: object, cursor: object, statement: str, parameters: object, context: Any, many: bool) -> None:
        hits.append(context.cache_hit.name)

    day(second)

    assert hits == ["CACHE_HIT"] * 5
    monitor.close()
