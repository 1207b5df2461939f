"""The seven reporting views. Each is mapped when it is first used: most programs use few of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import configure_mappers

if TYPE_CHECKING:
    from etl_monitor_orm.views.base import ViewBase
    from etl_monitor_orm.views.current_failures import CurrentFailure
    from etl_monitor_orm.views.mandatory_blockers import MandatoryBlocker
    from etl_monitor_orm.views.overdue import Overdue
    from etl_monitor_orm.views.process_status import ProcessStatus
    from etl_monitor_orm.views.run_summary import RunSummary
    from etl_monitor_orm.views.task_detail import TaskDetail
    from etl_monitor_orm.views.watermarks import Watermark

    VIEWS: tuple[type[ViewBase], ...]

__all__ = [
    "VIEWS",
    "CurrentFailure",
    "MandatoryBlocker",
    "Overdue",
    "ProcessStatus",
    "RunSummary",
    "TaskDetail",
    "ViewBase",
    "Watermark",
]

HOMES: Final = {
    "ProcessStatus": ("process_status", "v_processStatus"),
    "RunSummary": ("run_summary", "v_runSummary"),
    "TaskDetail": ("task_detail", "v_taskDetail"),
    "MandatoryBlocker": ("mandatory_blockers", "v_mandatoryBlockers"),
    "CurrentFailure": ("current_failures", "v_currentFailures"),
    "Watermark": ("watermarks", "v_watermarks"),
    "Overdue": ("overdue", "v_overdue"),
}
"""The module and the view of each class, in the order in which the views are created."""

if not TYPE_CHECKING:  # type checkers would take every name for one that exists

    def __getattr__(name: str) -> object:
        match name:
            case "VIEWS":
                found = tuple(__getattr__(view) for view in HOMES)
            case "ViewBase":
                found = import_module(f"{__name__}.base").ViewBase
            case _ if name in HOMES:
                found = getattr(import_module(f"{__name__}.{HOMES[name][0]}"), name)
            case _:
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, found)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load() -> None:
    """Map all views now: a signal that comes while a class is being mapped would leave it half done."""
    for home, _ in HOMES.values():
        import_module(f"{__name__}.{home}")
    configure_mappers()
