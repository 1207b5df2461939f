"""The job's own exception reaches the caller, whatever it is, and the step says what caused it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, ProcessingStep, Run, Status

Step = Callable[..., ProcessingStep]


@dataclass(frozen=True)
class Frozen(Exception):
    """It takes no notes: no attribute can be set."""

    table: str


class Sealed(Exception):
    """It refuses every attribute, and has no place for one."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


class Unspeakable(Exception):
    """Nothing can be had of it."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__

    def add_note(self, note: str) -> None:
        raise RuntimeError("no notes")


class MisledNotes(Exception):
    """Its notes are no list."""

    __notes__ = "none"


MAKE: dict[str, Callable[[], BaseException]] = {
    "frozen": lambda: Frozen("orders"),
    "sealed": lambda: Sealed("orders"),
    "unspeakable": Unspeakable,
    "misled": lambda: MisledNotes("orders"),
    "group": lambda: ExceptionGroup("loads", [Frozen("orders"), Unspeakable()]),
    "generator": lambda: GeneratorExit("closed"),
    "exit": lambda: SystemExit(3),
    "interrupt": lambda: KeyboardInterrupt("^C"),
}


@pytest.fixture
def error(request: pytest.FixtureRequest) -> BaseException:
    """The exception of this name."""
    return MAKE[request.param]()


def lose_every_statement(monitor: ETLMonitor) -> Callable[[], None]:
    def fail(*_: object) -> None:
        raise ConnectionError("the database is gone")

    event.listen(monitor.engine, "before_cursor_execute", fail)
    return lambda: event.remove(monitor.engine, "before_cursor_execute", fail)


def leave(run: Run, error: BaseException, before: Callable[[], object] = lambda: None) -> None:
    with run.task(1):
        before()
        raise error


@pytest.mark.parametrize("error", MAKE, indirect=True)
def test_task_left_by_any_exception_is_fail_and_raises_it(run: Run, step: Step, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        leave(run, error)

    assert caught.value is error
    assert step(1).status is Status.FAIL
    assert step(1).log_message.startswith(type(error).__name__)


@pytest.mark.parametrize("error", MAKE, indirect=True)
def test_task_whose_failure_cannot_be_recorded_raises_the_jobs_own_exception(
    hr: ETLMonitor, run: Run, error: BaseException
) -> None:
    back: list[Callable[[], None]] = []
    with pytest.raises(type(error)) as caught:
        leave(run, error, lambda: back.append(lose_every_statement(hr)))
    back[0]()

    assert caught.value is error


@pytest.mark.parametrize("error", ["frozen", "sealed", "unspeakable", "misled"], indirect=True)
def test_task_whose_exception_takes_no_note_tells_the_log(
    hr: ETLMonitor, run: Run, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    back: list[Callable[[], None]] = []
    with pytest.raises(type(error)):
        leave(run, error, lambda: back.append(lose_every_statement(hr)))
    back[0]()

    (record,) = [record for record in caplog.records if record.name == "etl_monitor_orm"]
    assert "could not record the failure of task 1 (workflow 1) of CORP/HR_DAILY" in record.getMessage()
    assert "the database is gone" in record.getMessage()


def test_task_whose_log_cannot_be_flushed_raises_the_jobs_own_exception(
    hr: ETLMonitor, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def flush(self) -> None:
            raise RuntimeError("the log is broken")

    log = Broken()
    hr.flush_at_task_end(log)
    with pytest.raises(OSError, match="down"):
        leave(run, OSError("down"))
    with run.task(2):
        pass

    assert "the log is broken" in caplog.text


def test_task_left_by_a_group_tells_every_leaf(run: Run, step: Step) -> None:
    error = ExceptionGroup("two loads", [ValueError("orders.csv is empty"), OSError("no route to crm")])
    with pytest.raises(ExceptionGroup):
        leave(run, error)

    assert step(1).log_message == (
        "ExceptionGroup: two loads (2 sub-exceptions)\n- ValueError: orders.csv is empty\n- OSError: no route to crm"
    )


def test_task_left_by_an_exception_with_a_cause_tells_both(run: Run, step: Step) -> None:
    error = RuntimeError("load failed")
    error.__cause__ = OSError("disk gone")
    with pytest.raises(RuntimeError):
        leave(run, error)

    assert step(1).log_message == "RuntimeError: load failed\ncaused by OSError: disk gone"
