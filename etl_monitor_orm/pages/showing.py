"""Turns an overview into what the template shows, cut to limits."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, TypeVar

from etl_monitor_orm.baselines import judging
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.pages import words
from etl_monitor_orm.pages.drawing import Band, band
from etl_monitor_orm.pages.limits import Limits
from etl_monitor_orm.pages.run_parts import RunShown, run_shown
from etl_monitor_orm.pages.summary import summary
from etl_monitor_orm.services.breaches import LateNow
from etl_monitor_orm.services.explaining.explanations import command
from etl_monitor_orm.services.overview.parts import Blocked, Overview, Some, Standing
from etl_monitor_orm.vocabulary import RunState

if TYPE_CHECKING:
    from etl_monitor_orm.views import CurrentFailure, Watermark

_T = TypeVar("_T")
_AS_USUAL: Final = "as usual"
_UNKNOWN: Final = "too few runs to say"
_UNFINISHED: Final = "failed before its end"
_MOST_LATE: Final = 3
"""Things that are late of one process, which are told one by one."""


@dataclass(frozen=True)
class Took:
    """How long a process took, beside what is usual.

    Attributes:
        standing: The process.
        took: How long it took, or has been running.
        usually: The usual band.
        words: How the two compare.
        band: The same as a drawing; None where nobody knows what is usual.
    """

    standing: Standing
    took: str
    usually: str | None
    words: str
    band: Band | None


@dataclass(frozen=True)
class LateOf:
    """What is late of one process.

    Attributes:
        key: The process.
        some: The last ones that became late.
    """

    key: ProcessKey
    some: Some[LateNow]


@dataclass(frozen=True)
class Change:
    """Something that changed.

    Attributes:
        about: The process.
        words: What changed.
    """

    about: str
    words: str


@dataclass(frozen=True)
class Shown:
    """What the template shows; `owners` are whom to ask, `message` is how many characters of one are shown."""

    summary: str
    seen: Overview
    blocked: Some[Blocked]
    standings: Some[Standing]
    late: Some[LateOf]
    failures: Some[CurrentFailure]
    run: RunShown | None
    watermarks: Some[Watermark]
    durations: Some[Took]
    changes: Some[Change]
    owners: Mapping[ProcessKey, str | None]
    message: int


def shown(seen: Overview, limits: Limits) -> Shown:
    """Return what a page shows of an overview."""
    durations = [one for standing in seen.standings if (one := _took(standing)) is not None]
    durations.sort(key=lambda one: one.words in (_AS_USUAL, _UNKNOWN, _UNFINISHED))
    return Shown(
        summary(seen),
        seen,
        Some.of(seen.blocked, limits.blocked),
        Some.of(seen.standings, limits.processes),
        Some.of(_late(seen), limits.late),
        _cut(seen.failures, limits.failures),
        run_shown(seen.run, seen.now, limits.steps),
        _cut(seen.watermarks, limits.watermarks),
        Some.of(durations, limits.processes),
        _cut(Some(_changes(seen), seen.changes.more), limits.changes),
        {one.key: one.owner for one in seen.standings},
        limits.message,
    )


def next_command(blocked: Blocked) -> str:
    """Return the command that comes next for a process that is blocked."""
    found = [one.sentence for one in blocked.why if one.kind == "next"]
    return found[0] if found else why_command(blocked.key.project_code, blocked.key.process_load, blocked.on)


def words_of(typed: str) -> list[str]:
    """Return the words of a command, each quoted as it is typed."""
    return [shlex.quote(word) for word in shlex.split(typed)]


def why_command(project_code: str, process_load: str, on: date) -> str:
    """Return the command that says why a process stands as it does."""
    return command("why", project_code, process_load, "--date", f"{on}")


def tasks_command(project_code: str, process_load: str, on: date) -> str:
    """Return the command that lists the steps of a date."""
    return command("tasks", project_code, process_load, "--date", f"{on}")


def _late(seen: Overview) -> list[LateOf]:
    """By process, the longest first; of each what became late last: one that nobody runs is late again every day."""
    found: dict[ProcessKey, list[LateNow]] = defaultdict(list)
    for one in seen.late:
        found[one.process].append(one)
    return [LateOf(key, Some.of(late[::-1], _MOST_LATE)) for key, late in found.items()]


def _took(standing: Standing) -> Took | None:
    took = None if standing.took is None else standing.took.duration_seconds
    text = words.took(took)
    if took is None or text is None:
        return None
    usual, failed = standing.usual, standing.state == RunState.FAILED
    if usual is None:
        return Took(standing, text, None, _UNFINISHED if failed else _UNKNOWN, None)
    compared = _UNFINISHED if failed else judging.duration(took, usual) or _AS_USUAL
    return Took(standing, text, words.usually(usual), compared, band(took, usual))


def _changes(seen: Overview) -> Sequence[Change]:
    """How processes stand otherwise than on the date before, then what somebody changed."""
    found = []
    for standing in seen.standings:
        latest, before = standing.latest, standing.before
        if latest is None or before is None or latest.processing_date < seen.days[-min(2, len(seen.days))]:
            continue
        then, now = words.state_of_day(before), words.state_of_day(latest)
        if then is not now:
            told = f"{now.words} on {latest.processing_date}; on {before.processing_date}: {then.words}."
            found.append(Change(str(standing.key), told))
    by_hand = [Change(f"{one.key['ProjectCode']}/{one.key['ProcessLoad']}", one.sentence) for one in seen.changes]
    return [*found, *by_hand]


def _cut(some: Some[_T], most: int) -> Some[_T]:
    return Some(some.rows[:most], some.more + max(0, len(some.rows) - most))
