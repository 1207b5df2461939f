"""What a call costs does not grow with history: no statement opens a file of a date that the call is not about.

The history is a thousand dates whose files are gone, so that a statement that would read one of them fails.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, EtlMonitorError, ManualClock, ProcessingStep
from etl_monitor_orm.pages import status_page
from tests.contract.every_call.calls import DAY, HR, start_run
from tests.contract.every_call.history import DATES, RECENT, add_history
from tests.contract.every_call.test_complete import USES, Use, monitor_
from tests.contract.every_call.test_one_reading import WITHOUT_A_DATE
from tests.databases import Database
from tests.warehouse import Warehouse

NEEDS = ("layouts",)

IN_OTHER_WAYS = {
    "known pending steps": Use((start_run,), monitor_, lambda m: m.get_pending_tasks("run-1", *HR), 0),
    "resumed": Use((start_run,), monitor_, lambda m: m.start_run(*HR, DAY, execution_id="run-2", resume=True), 0),
    "reset of a run's id": Use((start_run,), monitor_, lambda m: m.status_reset(*HR, execution_id="run-1"), 0),
    "status of a run's id": Use((start_run,), monitor_, lambda m: m.get_status(*HR, execution_id="run-1"), 0),
    "summary without a date": Use((start_run,), monitor_, lambda m: m.get_status(*HR, summary_mode=True), 0),
    "failures of a date": Use((start_run,), monitor_, lambda m: m.failures(processing_date=DAY), 0),
    "blockers of a date": Use((start_run,), monitor_, lambda m: m.failures(processing_date=DAY, mandatory=True), 0),
    "runs without a date": Use((start_run,), monitor_, lambda m: m.list_runs(), 0),
    "tasks without a date": Use((start_run,), monitor_, lambda m: m.list_tasks(), 0),
    "runs of some dates": Use((start_run,), monitor_, lambda m: m.list_runs(since=DAY), 0),
    "processes of some dates": Use((start_run,), monitor_, lambda m: m.processes(since=DAY), 0),
    "tasks of some dates": Use((start_run,), monitor_, lambda m: m.list_tasks(since=DAY), 0),
    "processes on a date": Use((start_run,), monitor_, lambda m: m.processes(processing_date=DAY), 0),
    "the page": Use((start_run,), monitor_, status_page, 0),
}

RECENT_DATES = {
    "ETLMonitor.stale_steps",
    "ETLMonitor.doctor",
    "ETLMonitor.fail_stale",
    "ETLMonitor.evaluate",
    "ETLMonitor.overdue",
    "ETLMonitor.baselines",
    "ETLMonitor.compare_with_usual",
    "fail_stale of several",
    "ETLMonitor.latest_date",
    "ETLMonitor.processes",
    "get_status",
    "start_run, resumed",
    "summary without a date",
    "ETLMonitor.history",
    "ETLMonitor.durations",
    "the page",
    "runs without a date",
    "tasks without a date",
}
"""Sweeps of stale steps; what is due in the week; and questions without a date, which ask the recent ones first."""

ALL_DATES = {
    "ETLMonitor.runs": USES["ETLMonitor.runs"],
    "ETLMonitor.failures": USES["ETLMonitor.failures"],
    "ETLMonitor.purge": USES["ETLMonitor.purge"],
    "ETLMonitor.export_data": USES["ETLMonitor.export_data"],
    "ETLMonitor.past_failures": USES["ETLMonitor.past_failures"],
    "run of an id alone": Use((start_run,), monitor_, lambda m: m.get_run("run-1"), 0),
    "a run's id that today and later do not have": Use((), monitor_, lambda m: m.start_task("run-0", *HR, 1), 0),
    "status of such an id": Use((), monitor_, lambda m: m.get_status(*HR, execution_id="run-0"), 0),
    "reset of such an id": Use((), monitor_, lambda m: m.status_reset(*HR, execution_id="run-0"), 0),
    "pending steps of an id that is not known": WITHOUT_A_DATE["get_pending_tasks"],
    "latest date of what did not run lately": Use((), monitor_, lambda m: m.latest_date("CORP", "OLD"), 0),
    "process that did not run lately": Use(
        (start_run, lambda m: m.register_process("CORP", "OLD")), monitor_, lambda m: m.processes(), 0
    ),
}
"""What is asked of all dates, or by a run's id alone; each is shown to read them."""

SENDS_NOTHING = {name for name, use in USES.items() if use.budget == 0}
BOUNDED = {
    name: use
    for name, use in {**USES, **WITHOUT_A_DATE, **IN_OTHER_WAYS}.items()
    if name not in SENDS_NOTHING and use not in ALL_DATES.values()
}

Prepared = Callable[..., object]


@pytest.fixture
def prepared(hr: ETLMonitor, database: Database, warehouse: Warehouse, clock: ManualClock) -> Prepared:
    """Bring the monitor to where a call makes sense, after a history of which so many days can be read."""

    def bring(use: Use, readable: int) -> object:
        if not database.restore(f"history, {readable}"):
            add_history(hr, warehouse, clock.now.date(), readable=readable)
            database.save(f"history, {readable}")

        def before() -> None:
            for step in use.before:
                step(hr)

        if use.before and not database.once(("before", *use.before), before, clock):
            with hr.session() as session:
                of_the_day = select(ProcessingStep).where(ProcessingStep.processing_date == DAY)
                hr._runtime._seen.note(session.scalars(of_the_day))  # as after most calls
        return use.on(hr)

    return bring


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_call_reads_no_file_of_a_date_that_it_is_not_about(prepared: Prepared, name: str) -> None:
    use = BOUNDED[name]
    use.make(prepared(use, RECENT if name in RECENT_DATES else 0))


@pytest.mark.parametrize("name", sorted(RECENT_DATES))
def test_call_about_recent_dates_reads_them(prepared: Prepared, name: str) -> None:
    use = BOUNDED[name]
    subject = prepared(use, 0)
    with pytest.raises(EtlMonitorError):
        use.make(subject)


@pytest.mark.parametrize("name", sorted(ALL_DATES))
def test_call_about_all_dates_reads_them(prepared: Prepared, name: str) -> None:
    use = ALL_DATES[name]
    subject = prepared(use, RECENT)
    with pytest.raises(EtlMonitorError):
        use.make(subject)


def test_dates_are_as_many_as_are_meant(hr: ETLMonitor, prepared: Prepared, database: Database) -> None:
    prepared(USES["ETLMonitor.start_run"], RECENT)
    with hr.session() as session:
        found = session.scalars(
            select(ProcessingStep.processing_date).where(ProcessingStep.processing_date >= "2025-11-27")
        )
        assert len(found.all()) == RECENT
    assert DATES == 1000
