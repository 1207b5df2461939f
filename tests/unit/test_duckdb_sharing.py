"""When a shared file is let go: soon after its last use, between two uses that never pause, and not in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from etl_monitor_orm import ConfigurationError, ETLMonitor
from etl_monitor_orm.backends import duckdb_sharing
from etl_monitor_orm.backends.duckdb_opening import Opening
from etl_monitor_orm.backends.duckdb_sharing import BRIEF, LONGEST, SharedFile, Use
from tests.patience import PATIENT


class Pool:
    """A pool that counts how often it was told to let go."""

    def __init__(self) -> None:
        self.times = 0
        self.told = threading.Event()

    def let_go(self) -> None:
        self.times += 1
        self.told.set()

    def checkedin(self) -> int:
        return 0


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(duckdb_sharing, "_now", clock)
    monkeypatch.setattr(duckdb_sharing, "PAUSE", (0.0, 0.0))
    return clock


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def file(pool: Pool) -> Iterator[SharedFile]:
    file = SharedFile("monitor.duckdb")
    file.add(pool)
    yield file
    file.end()


def use(file: SharedFile, *, opens: bool = True) -> Use:
    one = Use()
    file.enter(one)
    one.connected = True
    if opens:
        file.opened(waited=False)
    return one


@pytest.mark.parametrize("waited", [True, False])
def test_file_is_let_go_after_its_last_use(file: SharedFile, pool: Pool, waited: bool) -> None:
    one = Use()
    file.enter(one)
    file.opened(waited=waited)
    file.leave(one)

    assert pool.told.wait(PATIENT)


def test_file_in_use_is_not_let_go(file: SharedFile, pool: Pool, clock: Clock) -> None:
    first, second = use(file), use(file)
    file.leave(first)
    clock.time += 100

    assert not file.let_go_if_idle()
    assert pool.times == 0
    file.leave(second)
    assert file.let_go_if_idle()


def test_use_that_begins_in_time_keeps_the_file(file: SharedFile, pool: Pool, clock: Clock) -> None:
    for _ in range(50):
        file.leave(use(file))
    assert pool.times == 0


def test_file_held_for_long_is_let_go_before_the_next_use(file: SharedFile, pool: Pool, clock: Clock) -> None:
    file.leave(use(file))
    clock.time += LONGEST + BRIEF
    file.leave(use(file))
    file.leave(use(file))

    assert pool.times == 1


def test_break_does_not_wait_for_a_session_that_somebody_holds(file: SharedFile, pool: Pool, clock: Clock) -> None:
    session = use(file)
    session.thread = -1  # another one
    clock.time += LONGEST + BRIEF
    file.leave(use(file))
    assert pool.times == 0

    file.leave(session)
    file.leave(use(file))
    assert pool.times == 1  # a break that had waited in vain would be due later


def test_thread_that_holds_a_session_does_not_wait_for_itself(file: SharedFile, pool: Pool, clock: Clock) -> None:
    session = use(file)
    clock.time += LONGEST + BRIEF / 2
    session.since = clock.time  # it is brief so far
    file.leave(use(file))
    assert pool.times == 0

    file.leave(session)
    file.leave(use(file))
    assert pool.times == 1


def test_use_that_was_lost_on_its_way_does_not_hold_the_file(file: SharedFile, pool: Pool, clock: Clock) -> None:
    file.enter(Use())  # an interrupt came before anybody had a connection
    file.leave(use(file))

    assert file.let_go_if_idle()


@pytest.mark.parametrize("lost", [True, False])
def test_interrupt_within_a_wait_arrives_as_it_is_and_the_file_can_be_used_then(
    file: SharedFile, clock: Clock, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    def wait(seconds: float | None = None) -> None:
        if lost:  # as when the signal comes before Python would take the lock again
            file.lock.release()
        raise KeyboardInterrupt

    session = use(file)
    session.thread = -1  # another one, so that there is something to wait for
    clock.time += LONGEST + 1
    session.since = clock.time
    monkeypatch.setattr(file._changed, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        file.enter(Use())
    monkeypatch.undo()
    file.leave(session)

    entered = threading.Thread(target=lambda: file.enter(Use()), daemon=True)
    entered.start()
    entered.join(PATIENT)
    assert not entered.is_alive()


@pytest.mark.parametrize(
    "url",
    ["postgresql://localhost/monitor", "databricks://token:x@localhost?http_path=/sql/1.0/warehouses/1&catalog=main"],
)
def test_exclusive_is_refused_where_others_cannot_be_kept_out(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"exclusive=True holds a DuckDB file.*Leave out exclusive="):
        ETLMonitor(url, exclusive=True)


def test_burst_of_tasks_opens_the_file_once(clock: Clock, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    connect = Opening._connect
    monkeypatch.setattr(Opening, "_connect", lambda *given: (opened.append(given), connect(*given))[1])
    monitor = ETLMonitor(f"duckdb:///{tmp_path}/monitor.duckdb").setup().register_process("CORP", "HR")
    for number in range(1, 21):
        monitor.register_task("CORP", "HR", number, 1, 2, "Task")
    run = monitor.start_run("CORP", "HR")
    for number in range(1, 21):
        with run.task(number, workflow_id=1):
            pass

    assert len(opened) == 1
    monitor.close()
