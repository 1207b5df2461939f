"""How the page says numbers, times and states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from etl_monitor_orm.baselines.usual import Usual
from etl_monitor_orm.printable import duration
from etl_monitor_orm.vocabulary import RunState

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus


class State(NamedTuple):
    """How a state looks: never by its colour alone.

    Attributes:
        sign: One character.
        words: What it means.
        look: Its class in the style sheet.
    """

    sign: str
    words: str
    look: str


FAILED: Final = State("✕", "failed", "f")
RUNNING: Final = State("▶", "running", "r")
WAITING: Final = State("…", "waiting", "w")
COMPLETE: Final = State("✓", "complete", "c")
FLAWED: Final = State("!", "complete, but a step failed that blocks nothing", "c")
DID_NOT_RUN: Final = State("·", "did not run", "n")
LEGEND: Final = (FAILED, RUNNING, WAITING, COMPLETE, FLAWED, DID_NOT_RUN)

_OF_RUN: Final = {
    RunState.FAILED: FAILED,
    RunState.RUNNING: RUNNING,
    RunState.WAITING: WAITING,
    RunState.COMPLETE: COMPLETE,
}


def state_of(state: RunState) -> State:
    """Return how a state looks."""
    return _OF_RUN[state]


def state_of_day(row: ProcessStatus | None) -> State:
    """Return how a process stood on a date; without a row it did not run."""
    if row is None:
        return DID_NOT_RUN
    state = _OF_RUN[RunState(row.run_state)]
    return FLAWED if state is COMPLETE and row.failed else state


def counted(number: int, one: str, many: str | None = None) -> str:
    """Say how many: "1 step", "2,000 steps"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def joined(parts: Sequence[str]) -> str:
    """Join parts of a sentence: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def at(moment: datetime) -> str:
    """Say when, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def at_second(moment: datetime) -> str:
    """Say when, to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def took(seconds: int | None) -> str | None:
    """Say how long something took, or has been running; None where nobody knows."""
    return "under 1s" if seconds == 0 else duration(seconds)


def usually(usual: Usual) -> str:
    """Say how long something usually takes: "40s to 1m05s", "40s", "up to 5s"."""
    lower, upper = round(usual.lower), round(usual.upper)
    if lower == upper:
        return f"{took(upper)}"
    return f"{duration(lower)} to {duration(upper)}" if lower else f"up to {duration(upper)}"


def age(since: datetime | None, now: datetime) -> str | None:
    """Say how long ago something was; None where nobody knows, or it is still to come."""
    if since is None or since > now:
        return None
    return duration((now - since) // timedelta(seconds=1))
