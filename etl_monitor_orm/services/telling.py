"""What people are to be told of: claimed by one watcher at a time, and noted once it was told (`ETLbreaches`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Breach, Process, Task
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.parts import by_statement
from etl_monitor_orm.vocabulary import BreachKind, Outcome

CLAIM_LASTS: Final = timedelta(minutes=10)
"""A watcher that has not said for so long what became of its messages is dead, and another one sends them."""
NEWS_FOR: Final = timedelta(days=7)
"""What ended longer ago is no news: it is not told any more."""
OPENED: Final = "opened"
CLOSED: Final = "closed"
_CONSTANTS: Final = 20
"""Bound values of a statement that are no keys."""


@dataclass(frozen=True)
class Item:
    """Something that people may be told of.

    Attributes:
        breach_id: Its key.
        kind: What is wrong.
        process: The process.
        owner: Whom to tell; None where the process has no owner.
        since: Since when (aware UTC).
        until: When it was over; None while it is not.
        outcome: How it ended; None while it is open.
        message: The sentence.
        blocks: What waits for it.
        day: The processing date.
        execution_id: The run.
        mandatory: Whether the task's failure blocks what follows; False for a whole process.
        told: What each target was told, by its name: `opened` or `closed`.
        is_told: Whether everyone was told once that it opened.
    """

    breach_id: str
    kind: BreachKind
    process: ProcessKey
    owner: str | None
    since: datetime
    until: datetime | None = None
    outcome: Outcome | None = None
    message: str = ""
    blocks: str | None = None
    day: date | None = None
    execution_id: str | None = None
    mandatory: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    is_told: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether it is over."""
        return self.outcome is not None


@dataclass(frozen=True)
class Told:
    """What became of an item's messages.

    Attributes:
        breach_id: The item's key.
        told: What each target was told, earlier or now.
        opened: Whether everyone knows that it opened.
        closed: Whether everyone knows that it is over.
    """

    breach_id: str
    told: Mapping[str, str]
    opened: bool
    closed: bool


def news(session: Session, context: Context) -> list[Item]:
    """Return what is open, and what ended lately, told or not (`ETLbreaches`)."""
    ended = context.now - min(NEWS_FOR, context.now.replace(tzinfo=None) - datetime.min)
    return _items(session, or_(Breach.closed_on.is_(None), Breach.closed_on >= ended))


def claim(session: Session, context: Context, ids: Sequence[str], claimant: str) -> list[Item]:
    """Claim items for one watcher, and return those it got, as they are now: what another one claimed is not its.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        ids: The items' keys.
        claimant: Tells this claim from all others.
    """
    dead = context.now - min(CLAIM_LASTS, context.now.replace(tzinfo=None) - datetime.min)
    free = or_(Breach.notify_claim.is_(None), Breach.notify_claimed_on < dead)
    values = {"notify_claim": claimant, "notify_claimed_on": context.now}
    found: list[Item] = []
    for some in by_statement(context, ids, beside=_CONSTANTS):
        _set(session, context, and_(Breach.breach_id.in_(some), free), values)
        found += _items(session, and_(Breach.breach_id.in_(some), Breach.notify_claim == claimant))
    return found


def release(session: Session, context: Context, results: Iterable[Told], claimant: str) -> None:
    """Note what became of the messages, and give the items back; a claim that another one took over is left alone."""
    now = literal(context.now, Breach.notified_on.type)
    alike: dict[tuple[str | None, bool, bool], list[str]] = {}
    for one in results:
        alike.setdefault((_written(one.told), one.opened, one.closed), []).append(one.breach_id)
    for (told, opened, closed), ids in alike.items():
        values: dict[str, object] = {"notify_claim": None, "notify_claimed_on": None, "notified_targets": told}
        if opened:
            values["notified_on"] = func.coalesce(Breach.notified_on, now)
        if closed:
            values["closure_notified_on"] = func.coalesce(Breach.closure_notified_on, now)
        for some in by_statement(context, ids, beside=_CONSTANTS):
            _set(session, context, and_(Breach.breach_id.in_(some), Breach.notify_claim == claimant), values)


def processes(session: Session, context: Context) -> list[tuple[ProcessKey, str | None]]:
    """Return the active processes and their owners: what rules can match."""
    query = select(Process.project_code, Process.process_load, Process.process_owner)
    return [
        (ProcessKey(project, process), owner)
        for project, process, owner in session.execute(query.where(Process.is_active.is_(True)))
    ]


def _set(session: Session, context: Context, where: ColumnElement[bool], values: Mapping[str, object]) -> None:
    stamp = {"last_updated_on": context.now, "last_updated_by": context.actor}
    statement = update(Breach).where(where).values(**values, **stamp)
    session.execute(statement.execution_options(synchronize_session=False))


def _items(session: Session, where: ColumnElement[bool]) -> list[Item]:
    rows = session.execute(_question().where(where).order_by(Breach.since, Breach.breach_id))
    return [_item(breach, owner, mandatory) for breach, owner, mandatory in rows]


def _question() -> Select[Breach, str | None, bool | None]:
    return (
        select(Breach, Process.process_owner, Task.task_mandatory)
        .outerjoin(
            Process, (Process.project_code == Breach.project_code) & (Process.process_load == Breach.process_load)
        )
        .outerjoin(
            Task,
            (Task.project_code == Breach.project_code)
            & (Task.process_load == Breach.process_load)
            & (Task.workflow_id == Breach.workflow_id)
            & (Task.task_id == Breach.task_id),
        )
        .execution_options(populate_existing=True)
    )


def _item(breach: Breach, owner: str | None, mandatory: bool | None) -> Item:
    return Item(
        breach.breach_id,
        breach.kind,
        ProcessKey(breach.project_code, breach.process_load),
        owner,
        breach.since,
        breach.until,
        breach.outcome,
        breach.message or "",
        breach.blocks,
        breach.processing_date,
        breach.execution_id,
        mandatory is True,
        _read(breach.notified_targets),
        breach.notified_on is not None,
    )


def _written(told: Mapping[str, str]) -> str | None:
    return " ".join(f"{target}={stage}" for target, stage in sorted(told.items())) or None


def _read(text: str | None) -> Mapping[str, str]:
    pairs: Collection[tuple[str, str, str]] = [word.partition("=") for word in (text or "").split()]
    return {target: stage for target, _, stage in pairs if stage in (OPENED, CLOSED)}
