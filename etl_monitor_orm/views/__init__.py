"""The six reporting views."""

from __future__ import annotations

from typing import Final

from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.views.current_failures import CurrentFailure
from etl_monitor_orm.views.mandatory_blockers import MandatoryBlocker
from etl_monitor_orm.views.process_status import ProcessStatus
from etl_monitor_orm.views.run_summary import RunSummary
from etl_monitor_orm.views.task_detail import TaskDetail
from etl_monitor_orm.views.watermarks import Watermark

VIEWS: Final[tuple[type[ViewBase], ...]] = (
    ProcessStatus,
    RunSummary,
    TaskDetail,
    MandatoryBlocker,
    CurrentFailure,
    Watermark,
)

__all__ = [
    "VIEWS",
    "CurrentFailure",
    "MandatoryBlocker",
    "ProcessStatus",
    "RunSummary",
    "TaskDetail",
    "ViewBase",
    "Watermark",
]
