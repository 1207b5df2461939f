"""The first sentence of the page: how everything stands, for somebody who reads it aloud."""

from __future__ import annotations

from collections import Counter

from etl_monitor_orm.pages.words import at, counted, joined
from etl_monitor_orm.services.overview.parts import Overview
from etl_monitor_orm.vocabulary import RunState


def summary(seen: Overview) -> str:
    """Return how everything stands, in one sentence, or two where somebody is needed."""
    if not seen.total:
        return f"At {at(seen.now)}, no process is registered, so there is nothing to show yet."
    states, asked = Counter(one.state for one in seen.standings), seen.wanted.states
    if states[None] == seen.total and asked is None:
        ran = "has run" if seen.wanted.on is None else f"ran in the two weeks up to {seen.wanted.on}"
        return f"At {at(seen.now)}, none of {counted(seen.total, 'registered process', 'registered processes')} {ran}."
    late = f"{_late(seen)} late{'' if seen.wanted.on is None else ' now'}"
    if states[RunState.COMPLETE] == seen.total and asked is None:
        every = "the only process is" if seen.total == 1 else f"all {seen.total:,} processes are"
        return f"{_when(seen)}, {every} complete, and {late}."
    kinds = (
        (RunState.FAILED, "{} failed", "{} failed"),
        (RunState.RUNNING, "{} is running", "{} are running"),
        (RunState.WAITING, "{} is waiting", "{} are waiting"),
        (RunState.COMPLETE, "{} is complete", "{} are complete"),
        (None, "{} has not run lately", "{} have not run lately"),
    )
    parts = [
        (one if states[kind] == 1 else many).format(f"{states[kind]:,}")
        for kind, one, many in kinds
        if states[kind] or (asked is not None and kind in asked)
    ]
    of = f"of {counted(seen.total, 'process', 'processes')}, {joined(parts)}"
    first = f" {seen.blocked[0].key} needs somebody first." if seen.blocked else ""
    return f"{_when(seen)}, {of}, and {late}.{first}"


def _late(seen: Overview) -> str:
    late = {one.process for one in seen.late}
    if len(late) == 1:
        return f"{min(map(str, late))} is"
    return f"{len(late):,} processes are" if late else "nothing is"


def _when(seen: Overview) -> str:
    if seen.wanted.on is not None:
        return f"Up to {seen.wanted.on}"
    if seen.is_of_today:
        return f"At {at(seen.now)}"
    return f"On {seen.days[-1]}, the last day on which anything ran"
