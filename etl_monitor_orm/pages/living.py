"""What a page has beside the overview if it is live: filters, a chart of one process, and when it looks again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from etl_monitor_orm.pages.course import Course, course
from etl_monitor_orm.pages.filters import STATES, Filters
from etl_monitor_orm.services.overview.live import Seen

_LONGEST: Final = 60
"""Characters of a name that a form offers: a longer one is found in the grid, and would fill the page."""


@dataclass(frozen=True)
class Live:
    """What makes a page live.

    Attributes:
        filters: What it is narrowed to.
        projects: Projects that may be chosen.
        processes: Processes that may be chosen.
        course: How long the process took over the weeks; None for several processes.
        refresh: Seconds until it looks again.
    """

    filters: Filters
    projects: Sequence[str]
    processes: Sequence[str]
    course: Course | None
    refresh: int
    states: Sequence[str] = tuple(STATES)

    @classmethod
    def of(cls, seen: Seen, filters: Filters, refresh: int) -> Live:
        """Return what makes the page of what there is to see live."""
        project = filters.project or filters.only
        of_project = [key for key in seen.offered if project in (None, key.project_code)]
        return cls(
            filters,
            _offered(key.project_code for key in seen.offered),
            _offered(key.process_load for key in of_project),
            None if seen.past is None else course(seen.past),
            refresh,
        )


def _offered(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if len(name) <= _LONGEST})
