"""The watch: evaluates, claims what is new, sends it, and notes what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from etl_monitor_orm.deadlines.evaluating import QUIET_AFTER
from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.notify.delivering import Delivery
from etl_monitor_orm.notify.messages import Message, Piece, groups, message
from etl_monitor_orm.notify.rules import Rule, Rules
from etl_monitor_orm.printable import one_line
from etl_monitor_orm.services import breaches, failing, telling
from etl_monitor_orm.services.telling import CLOSED, OPENED, Item, Told
from etl_monitor_orm.vocabulary import Outcome


@dataclass(frozen=True)
class Pass:
    """What one look at the monitor brought.

    Attributes:
        sent: The messages that were taken, or that would be sent.
        failed: Those that were not taken, and why; the next pass sends them again.
    """

    sent: tuple[Message, ...] = ()
    failed: tuple[tuple[Message, str], ...] = ()

    @property
    def told(self) -> list[str]:
        """Who was told what, one line each."""
        return [one_line(f"Told {one.target}: {one.title}") for one in self.sent]

    @property
    def not_told(self) -> list[str]:
        """Who was not told what, and why."""
        return [
            one_line(f"Not told {one.target}: {one.title}. The target failed: {why}. The next pass sends it again.")
            for one, why in self.failed
        ]


class Watch:
    """Tells people what is late, what failed, and when that is over (`ETLbreaches`).

    A message is delivered at least once: it is noted as told after its target took it. A watcher that ends between the
    two sends it again, ten minutes later at the earliest. What is claimed by one watcher is left to it by the others.

    Args:
        monitor: The monitor.
        rules: Who is told of what.
        delivery: Takes the messages.
        quiet_after: How long a running step may give no sign of life.
    """

    def __init__(
        self, monitor: ETLMonitor, rules: Rules, delivery: Delivery, quiet_after: timedelta = QUIET_AFTER
    ) -> None:
        self._monitor = monitor
        self._rules = rules
        self._delivery = delivery
        self._quiet_after = quiet_after

    def remarks(self) -> list[str]:
        """Return which rules match no process, and which targets no rule names."""
        return self._rules.remarks(self._monitor._runtime.run(telling.processes))

    def preview(self) -> Pass:
        """Evaluate, and return what would be sent; nothing is sent, claimed or noted as told."""
        now, items = self._news()
        return Pass(tuple(one for group in groups(items).values() for one in self._messages(group, now)))

    def once(self) -> Pass:
        """Evaluate, and send what is new: one message an owner, process and target."""
        now, items = self._news()
        sent: list[Message] = []
        failed: list[tuple[Message, str]] = []
        for group in groups(items).values():
            if self._messages(group, now):
                result = self._tell(group)
                sent += result.sent
                failed += result.failed
        return Pass(tuple(sent), tuple(failed))

    def _news(self) -> tuple[datetime, list[Item]]:
        at_once = self._monitor._runtime.one_reading()
        at_once.run(breaches.evaluate, self._quiet_after)
        at_once.run(failing.note)
        return at_once.now, at_once.run(telling.news)

    def _tell(self, group: Sequence[Item]) -> Pass:
        claimant = uuid.uuid4().hex
        at_once = self._monitor._runtime.one_reading()
        wanted = [item.breach_id for item in group if self._pieces(item, at_once.now)]
        mine = at_once.run(telling.claim, wanted, claimant)
        refusals: Mapping[str, str] = {}
        messages: list[Message] = []
        results = [_as_it_was(item) for item in mine]
        try:
            messages = self._messages(mine, at_once.now)
            refusals = self._delivery.send(messages) if messages else {}
            taken = {one.target for one in messages} - set(refusals)
            results = [self._told(item, taken, at_once.now) for item in mine]
        finally:
            self._monitor._runtime.run(telling.release, results, claimant)
        return Pass(
            tuple(one for one in messages if one.target not in refusals),
            tuple((one, refusals[one.target]) for one in messages if one.target in refusals),
        )

    def _messages(self, group: Sequence[Item], now: datetime) -> list[Message]:
        """What each target is to be told of one owner and process."""
        pieces: dict[str, list[Piece]] = {}
        for item in group:
            for target, stage in self._pieces(item, now).items():
                pieces.setdefault(target, []).append(Piece(item, stage))
        return [message(target, found, now) for target, found in pieces.items()]

    def _pieces(self, item: Item, now: datetime) -> dict[str, str]:
        """What each target is to be told of one thing now: not what its rules keep quiet."""
        loud = {name for rule in self._matching(item) if not rule.is_quiet(now) for name in rule.to}
        stages = ((name, _stage(item, name)) for name in self._rules.targets if name in loud)
        return {name: stage for name, stage in stages if stage is not None}

    def _matching(self, item: Item) -> Iterable[Rule]:
        return (rule for rule in self._rules.rules if rule.matches(item))

    def _told(self, item: Item, taken: set[str], now: datetime) -> Told:
        """What is known of an item once some targets took their messages."""
        pieces = self._pieces(item, now)
        told = {**item.told, **{name: stage for name, stage in pieces.items() if name in taken}}
        everyone = {name for rule in self._matching(item) for name in rule.to}
        after = replace(item, told=told)
        opened = all(name in told for name in everyone)
        closed = item.is_closed and opened and all(_stage(after, name) is None for name in everyone)
        return Told(item.breach_id, told, opened, closed)


def _as_it_was(item: Item) -> Told:
    return Told(item.breach_id, item.told, opened=False, closed=False)


def _stage(item: Item, target: str) -> str | None:
    """What a target is to be told next; None if it knows all, or need not know."""
    told = item.told.get(target)
    if not item.is_closed:
        return OPENED if told is None else None
    if told is None:
        # What was over before anybody was told is told once; a target that came later need not know.
        return CLOSED if item.outcome == Outcome.RESOLVED and not item.is_told else None
    return CLOSED if told == OPENED else None


def watch(
    one_pass: Callable[[], Pass],
    pause: Callable[[], object],
    report: Callable[[Pass], object],
    complain: Callable[[EtlMonitorError], object],
) -> NoReturn:
    """Make passes until something ends the program; what is wrong with the database ends none but the pass.

    Args:
        one_pass: Makes a pass.
        pause: Waits for the next one.
        report: Says what a pass brought.
        complain: Says why a pass could not be made.
    """
    while True:
        try:
            report(one_pass())
        except EtlMonitorError as error:
            complain(error)
        pause()
