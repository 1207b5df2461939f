"""Workers that want the same step at once: exactly one of them gets it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from etl_monitor_orm import ETLMonitor, InvalidTransition, ProcessingStep, Run

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Step = Callable[..., ProcessingStep]


def together(workers: int, work: Callable[[], None]) -> list[str]:
    """Do the same work on several threads at once; name what each came to."""
    barrier = Barrier(workers)

    def one(_: int) -> str:
        barrier.wait()
        try:
            work()
        except InvalidTransition:
            return "refused"
        return "won"

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, range(workers)))


def test_given_many_workers_when_all_claim_one_step_then_exactly_one_wins(hr: ETLMonitor, run: Run, step: Step) -> None:
    outcomes = together(6, lambda: hr.start_task(*RUN, 1, processing_date=DAY))
    assert sorted(outcomes) == ["refused"] * 5 + ["won"]
    assert step(1).is_running


@pytest.mark.parametrize("call", ["end_task", "fail_task"])
def test_given_many_workers_when_all_end_one_step_then_exactly_one_wins(
    hr: ETLMonitor, run: Run, step: Step, call: str
) -> None:
    hr.start_task(*RUN, 3)
    outcomes = together(6, lambda: getattr(hr, call)(*RUN, 3, processing_date=DAY))
    assert sorted(outcomes) == ["refused"] * 5 + ["won"]
    assert not step(3).is_running


def test_given_many_workers_when_each_claims_a_step_of_its_own_then_all_win(
    hr: ETLMonitor, rows: Callable[..., list[ProcessingStep]]
) -> None:
    for task in range(11, 17):
        hr.register_task(*HR, task, 1, 2, f"Task {task}")
    hr.start_run(*HR, DAY, execution_id="run-1")
    numbers = iter(range(11, 17))
    assert together(6, lambda: hr.start_task(*RUN, next(numbers), processing_date=DAY)) == ["won"] * 6
    assert sum(found.is_running for found in rows(ProcessingStep)) == 6
