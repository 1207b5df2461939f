"""Drives the real monitor and the reference model side by side, and compares them after every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.errors import EtlMonitorError

from .observe import differences, read
from .reference.content import TABLE_KEYS, VIEW_KEYS, Table, reports, tables
from .reference.registration import seed
from .reference.state import Refused, RunKey, Step, World, current
from .reference.transitions import Address

M = TypeVar("M")
R = TypeVar("R")
T = TypeVar("T")

MonitorFactory = Callable[[ManualClock], AbstractContextManager[ETLMonitor]]
"""Makes a set-up monitor with an empty catalogue on the given clock, and takes it away again."""

DAWN = datetime(2024, 12, 30, 6, 0, 0, 250_000, tzinfo=UTC)
"""The first day of an ISO week that reaches into the next month and year."""

TICK = timedelta(seconds=1, microseconds=234_567)
"""Every call finds the clock a little later, so that no two writes of different calls share an instant."""


class Driver(RuleBasedStateMachine):
    """What every set of rules stands on: the two sides, one call on both, and the comparison."""

    factory: ClassVar[MonitorFactory]

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        seed(self.world)
        self.clock = ManualClock(DAWN)
        self._managed = type(self).factory(self.clock)
        self.monitor = self._managed.__enter__()
        self._last: dict[str, Table] = {}

    def teardown(self) -> None:
        self._managed.__exit__(None, None, None)

    def both(self, real: Callable[[], R], model: Callable[[datetime], M]) -> tuple[R, M] | None:
        """Make one call on both sides: two answers, or None when both refuse it with the same error."""
        now = self.clock.advance(TICK)
        answer: R | EtlMonitorError
        expected: M | Refused
        try:
            answer = real()
        except EtlMonitorError as error:
            answer = error
        try:
            expected = model(now)
        except Refused as refusal:
            expected = refusal
        if isinstance(answer, EtlMonitorError) or isinstance(expected, Refused):
            agreed = isinstance(expected, Refused) and type(answer).__name__ == expected.error
            assert agreed, f"the model says {expected!r}, the monitor {answer!r}"
            return None
        return answer, expected

    @invariant()
    def tables_and_views_agree(self) -> None:
        """The tables after every step, and the six views whenever a table has changed."""
        actual = read(self.monitor, TABLE_KEYS)
        found = differences(tables(self.world), actual)
        if actual != self._last:
            self._last = actual
            found += differences(reports(self.world, datetime.now(UTC)), read(self.monitor, VIEW_KEYS))
        assert not found, "\n".join(["model and monitor differ:", *found])

    def do(self, action: Action) -> None:
        name, arguments = action
        getattr(self, name)(**arguments)

    def runs(self) -> list[RunKey]:
        """Every run that has steps, oldest first."""
        return list(dict.fromkeys(run_of(step) for step in self.world.steps))

    def current_steps(self, wanted: Callable[[Step], bool] = lambda step: True) -> list[Address]:
        """The steps whose current attempt in their run is as wanted."""
        return [
            Address(run, slot)
            for run in self.runs()
            for slot, step in current(self.world.of_run(run)).items()
            if wanted(step)
        ]


Action = tuple[str, dict[str, Any]]


def actions(known: dict[str, st.SearchStrategy[dict[str, Any]]]) -> st.SearchStrategy[Action]:
    """One of several methods with its arguments: a family shares one rule, so as not to crowd out the others."""
    return st.sampled_from(sorted(known)).flatmap(lambda name: st.tuples(st.just(name), known[name]))


def run_of(step: Step) -> RunKey:
    return RunKey(step.execution_id, step.process, step.processing_date)


def drawn_from(pick: Callable[[Driver], Sequence[T]]) -> st.SearchStrategy[T]:
    """One of the things that the machine holds when the rule runs; the rule's precondition sees that there are some."""
    return st.runner().flatmap(lambda machine: st.sampled_from(pick(machine)))
