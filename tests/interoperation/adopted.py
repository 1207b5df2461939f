"""What an adoption must make of a history: which keys it changes, named one by one, and all that stays as it was."""

from __future__ import annotations

from typing import Any

from tests.interoperation.histories import (
    AGAIN,
    AT_WORK,
    DEPARTMENTS,
    EMPLOYEES,
    EVENTS,
    INITIATION,
    LATER,
    MART,
    OPENING_FAILED,
    REPLAYED,
    REPORTED,
    RETRIED,
    RUNS,
    STAGES,
    TWICE,
    Edition,
)

Row = dict[str, Any]
Key = tuple[str, str, int, int]
"""An attempt: the date, the run, the task and the number. Tasks of this history have one pass each."""

WAITING_AGAIN = {(REPLAYED, RUNS[REPLAYED], INITIATION), (REPLAYED, RUNS[REPLAYED], MART)}
"""Done, then queued again in place by a reset."""
STARTED_AGAIN = {(REPLAYED, RUNS[REPLAYED], DEPARTMENTS), (AGAIN, RUNS[AGAIN], EMPLOYEES)}
"""Ended, then started again in place: EndTime is that of the try before."""
MARKERS = {(day, RUNS[day]) for day in (RETRIED, OPENING_FAILED, AGAIN, TWICE)} | {(TWICE, LATER[TWICE])}
"""Runs whose initiation a failure put back to NQUE in place; its times go, as with a failure of ours."""
RUNNING = {*STARTED_AGAIN, (AT_WORK, RUNS[AT_WORK], EMPLOYEES)}


def key(row: Row) -> Key:
    """Return which attempt of the history a row is."""
    return str(row["ProcessingDate"]), row["ExecutionID"], row["TaskID"], row["Attempts"]


def moved(edition: Edition) -> dict[Key, tuple[Key, ...]]:
    """Return the map from old to new keys: each attempt that gets another number, or becomes two."""
    became: dict[Key, tuple[Key, ...]] = {
        (*step, 0): ((*step, 0), (*step, 1)) for step in (*WAITING_AGAIN, *STARTED_AGAIN)
    }
    if edition.retries_in_place:
        again = (RETRIED, LATER[RETRIED])
        became |= {(*again, task, 0): ((*again, task, 1),) for task in STAGES}
    return became


def expected(edition: Edition, before: list[Row]) -> list[Row]:
    """Return what the steps must be after an adoption, in the columns that they had before."""
    became = moved(edition)
    return sorted((row for old in before for row in _became(old, became.get(key(old)))), key=in_order)


def _became(old: Row, keys: tuple[Key, ...] | None) -> list[Row]:
    step = key(old)[:3]
    if keys and len(keys) == 2:
        return _two(old, keys, running=step in STARTED_AGAIN)
    row = old | {"Attempts": keys[0][3]} if keys else old
    if row["TaskID"] == INITIATION and step[:2] in MARKERS and row["Status"] == "NQUE":
        return [row | {"StartTime": None, "EndTime": None, "DurationSeconds": None}]
    if row["Status"] == "NQUE" and row["SourceType"] is None:
        return [row | {"StartTime": None}]
    return [row]


def _two(old: Row, keys: tuple[Key, ...], *, running: bool) -> list[Row]:
    """The try that ended, and the one that waits or runs."""
    nothing = dict.fromkeys(("SourceRunID", "ClusterID"))
    ended = old | {"Status": "FAIL" if old["LogType"] == "ERROR" else "DONE", "Attempts": keys[0][3]}
    later = old | dict.fromkeys(("EndTime", "DurationSeconds", "LogType", "LogCode")) | {"Status": "RQUE"}
    later |= {"Attempts": keys[1][3]}
    if running:
        return [ended | {"StartTime": None} | nothing, later | {"LogMessage": None}]
    return [ended, later | {"StartTime": None} | nothing]


def superseded(edition: Edition) -> set[tuple[str, int]]:
    """Return what the release goes on offering although a later attempt of the run took its place: run and task."""
    return {(RUNS[TWICE], MART)} if edition.retries_in_place else set()


def ready(edition: Edition) -> dict[str, list[int]]:
    """Return which tasks are ready, by our rule, in the runs that are the last of their date."""
    loads = [DEPARTMENTS] if edition.has_skips else [DEPARTMENTS, EVENTS]
    waiting = {RUNS[day]: [INITIATION] for day in (REPLAYED, OPENING_FAILED, AGAIN, REPORTED)}
    mart = {RUNS[TWICE]: [INITIATION]} if edition.retries_in_place else {LATER[TWICE]: []}
    return {**waiting, **mart, RUNS[AT_WORK]: loads}


def in_order(row: Row) -> tuple[Any, ...]:
    """Order rows by their natural key."""
    return (
        *(str(row[name]) for name in ("ProcessingDate", "ProcessLoad", "ExecutionID")),
        row["TaskID"],
        row["Attempts"],
    )


def without_empty_texts(rows: list[Row]) -> list[Row]:
    """Return rows with NULL for an empty text, as we write them."""
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]
