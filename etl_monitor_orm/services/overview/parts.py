"""What an overview is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from etl_monitor_orm.baselines.results import ComparedStep
from etl_monitor_orm.baselines.usual import Usual
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.services.breaches import LateNow
from etl_monitor_orm.services.explaining.explanations import Explanation
from etl_monitor_orm.services.history import Duration
from etl_monitor_orm.vocabulary import RunState

if TYPE_CHECKING:
    from etl_monitor_orm.views import CurrentFailure, ProcessStatus, Watermark

T = TypeVar("T")


@dataclass(frozen=True)
class Most:
    """How much of each part is read.

    Attributes:
        explained: Processes whose blockers are explained.
        failures: Failures.
        watermarks: Parameters.
        changes: Changes of the catalogue.
        compared: Tasks of the latest run up to which each is compared with what is usual for it.
    """

    explained: int = 5
    failures: int = 40
    watermarks: int = 200
    changes: int = 40
    compared: int = 300


@dataclass(frozen=True)
class Wanted:
    """What an overview is narrowed to, besides its processes; None does not restrict.

    Attributes:
        on: The last of the dates, and the one whose run is told.
        states: How the processes stand; None among them means that they did not run.
    """

    on: date | None = None
    states: Collection[RunState | None] | None = None


@dataclass(frozen=True)
class Some(Generic[T]):
    """The first rows of a part.

    Attributes:
        rows: The rows.
        more: How many further ones there are.
    """

    rows: Sequence[T]
    more: int = 0

    @classmethod
    def of(cls, rows: Sequence[T], most: int) -> Some[T]:
        """Take the first ones of rows."""
        return cls(rows[:most], max(0, len(rows) - most))

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows) + self.more


@dataclass(frozen=True)
class Standing:
    """How a process stands, and stood lately.

    Attributes:
        key: The process.
        name: Its name, for people.
        owner: Whom to ask.
        is_active: Whether it is registered and active.
        days: How it stood on each date of the last five weeks that has steps.
        latest: How it stands on the latest of the dates that are shown; None where it has not run on any.
        took: How long it took on that date.
        usual: How long it usually takes.
    """

    key: ProcessKey
    name: str | None
    owner: str | None
    is_active: bool
    days: Mapping[date, ProcessStatus]
    latest: ProcessStatus | None = None
    took: Duration | None = None
    usual: Usual | None = None

    @property
    def state(self) -> RunState | None:
        """Its RunState on the latest date; None where it has not run."""
        return None if self.latest is None else RunState(self.latest.run_state)

    @property
    def before(self) -> ProcessStatus | None:
        """How it stood on the date before the latest one."""
        if self.latest is None:
            return None
        earlier = [day for day in self.days if day < self.latest.processing_date]
        return self.days[max(earlier)] if earlier else None


@dataclass(frozen=True)
class Blocked:
    """A process that mandatory failures block.

    Attributes:
        key: The process.
        on: The latest date on which it is blocked.
        steps: How many steps block it on that date.
        earlier: Further dates on which it is blocked, the latest first.
        why: What `why` says of that date; empty where it was not asked.
    """

    key: ProcessKey
    on: date
    steps: int
    earlier: Sequence[date] = ()
    why: Sequence[Explanation] = ()


@dataclass(frozen=True)
class LatestRun:
    """How the process went whose date was started last.

    Attributes:
        key: The process.
        on: The date.
        steps: The current attempts of the date, in running order, each beside what is usual for it.
        is_compared: Whether it was looked up what is usual.
        stages: The code of each stage.
    """

    key: ProcessKey
    on: date
    steps: Sequence[ComparedStep]
    is_compared: bool
    stages: Mapping[int, str]


@dataclass(frozen=True)
class Overview:
    """How everything stands at a time.

    Attributes:
        now: The time (aware UTC).
        since: From when on changes are told: a day before.
        days: The dates that are shown, the earliest first.
        standings: The processes, those first that need somebody.
        blocked: The processes that are blocked, the latest date first.
        late: What is late, the longest first.
        failures: The failed steps of the dates that are shown, the latest date first.
        run: The run that was started last; None where nothing was started.
        watermarks: The watermarks, and the dates of processes in historic mode.
        changes: What somebody changed in the day before, the latest first.
        wanted: What it is narrowed to.
        total: How many processes there are, whatever their state.
    """

    now: datetime
    since: datetime
    days: Sequence[date]
    standings: Sequence[Standing]
    blocked: Sequence[Blocked]
    late: Sequence[LateNow]
    failures: Some[CurrentFailure]
    run: LatestRun | None
    watermarks: Some[Watermark]
    changes: Some[Explanation]
    wanted: Wanted
    total: int

    @property
    def is_of_today(self) -> bool:
        """Whether the dates that are shown lead up to today; else nothing ran on those that do."""
        return self.days[-1] >= self.now.date()
