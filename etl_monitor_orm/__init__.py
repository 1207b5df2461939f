"""etl-monitor-orm: an ETL monitor on SQLAlchemy, for Python code outside Spark.

The public names are in `__all__` here and in `keys`, `migrations`, `demo`, `pages`, `spark_edition`, `testing` and
`widgets`.
All other modules are internal: they may change with any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl_monitor_orm import views
from etl_monitor_orm.adoption.report import AdoptionReport
from etl_monitor_orm.at_work import in_task
from etl_monitor_orm.baselines.results import Baseline, ComparedStep
from etl_monitor_orm.calls.care import PurgeReport
from etl_monitor_orm.calls.examining import Finding
from etl_monitor_orm.claims import Claim
from etl_monitor_orm.clocks import ManualClock
from etl_monitor_orm.errors import (
    ConfigurationError,
    ConflictError,
    ConnectionBroken,
    DatabaseError,
    DatabaseGone,
    DatabaseLocked,
    EtlMonitorError,
    InvalidInput,
    InvalidTransition,
    JournalError,
    KeyReused,
    MonitorAway,
    NotFoundError,
    ParameterNotFound,
    ProcessInactive,
    ProcessNotFound,
    RequestInProgress,
    Retryable,
    RunFailed,
    RunInProgress,
    SchemaError,
    SchemaMissing,
    SchemaOutOfDate,
    StageNotFound,
    StepNotFound,
    StepNotQueued,
    StepSkipped,
    TaskNotFound,
    TokenNotFound,
)
from etl_monitor_orm.failures import FailedTask
from etl_monitor_orm.journal.handle import Journal, JournalLine, JournalStatus
from etl_monitor_orm.logging_handler import EtlLogHandler
from etl_monitor_orm.models import (
    Breach,
    Holiday,
    Metric,
    Organisation,
    Parameter,
    Process,
    ProcessingStep,
    Project,
    SequenceStage,
    SysLog,
    Task,
)
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.run import Run
from etl_monitor_orm.samples import Extraction
from etl_monitor_orm.services.catalogue_changes import CatalogueChange
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.explaining.explanations import Explanation
from etl_monitor_orm.services.history import Duration
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.modes import ModeChange
from etl_monitor_orm.services.moving import MovedTable
from etl_monitor_orm.services.old_runs import RunsOfDate
from etl_monitor_orm.services.past_failures import PastFailure
from etl_monitor_orm.services.tokens import NewToken, Token
from etl_monitor_orm.session import create_engine
from etl_monitor_orm.task import TaskHandle
from etl_monitor_orm.termination import Termination, terminate_as_exit
from etl_monitor_orm.vocabulary import (
    AdvanceMode,
    BreachKind,
    LoadFrequency,
    LogLevel,
    LogType,
    Outcome,
    ParameterType,
    RunState,
    RunStatus,
    SourceType,
    Status,
    TokenScope,
)

if TYPE_CHECKING:
    from etl_monitor_orm.views import (
        CurrentFailure,
        MandatoryBlocker,
        Overdue,
        ProcessStatus,
        RunSummary,
        TaskDetail,
        Watermark,
    )
else:

    def __getattr__(name: str) -> object:
        if name not in views.HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(views, name))


__all__ = [
    "AdoptionReport",
    "AdvanceMode",
    "Baseline",
    "Breach",
    "BreachKind",
    "CatalogueChange",
    "Claim",
    "ComparedStep",
    "ConfigurationError",
    "ConflictError",
    "ConnectionBroken",
    "CurrentFailure",
    "DatabaseError",
    "DatabaseGone",
    "DatabaseLocked",
    "Duration",
    "ETLMonitor",
    "EtlLogHandler",
    "EtlMonitorError",
    "Explanation",
    "Extraction",
    "FailedTask",
    "Finding",
    "Holiday",
    "InvalidInput",
    "InvalidTransition",
    "Journal",
    "JournalError",
    "JournalLine",
    "JournalStatus",
    "KeyReused",
    "LoadFrequency",
    "LogEntry",
    "LogLevel",
    "LogType",
    "MandatoryBlocker",
    "ManualClock",
    "Metric",
    "ModeChange",
    "MonitorAway",
    "MovedTable",
    "NewToken",
    "NotFoundError",
    "Organisation",
    "Outcome",
    "Overdue",
    "Parameter",
    "ParameterNotFound",
    "ParameterType",
    "PastFailure",
    "PendingTask",
    "Process",
    "ProcessInactive",
    "ProcessNotFound",
    "ProcessStatus",
    "ProcessingStep",
    "Project",
    "PurgeReport",
    "RequestInProgress",
    "Retryable",
    "Rows",
    "Run",
    "RunFailed",
    "RunInProgress",
    "RunState",
    "RunStatus",
    "RunSummary",
    "RunsOfDate",
    "SchemaError",
    "SchemaMissing",
    "SchemaOutOfDate",
    "SequenceStage",
    "SourceType",
    "StageNotFound",
    "Status",
    "StepNotFound",
    "StepNotQueued",
    "StepSkipped",
    "SysLog",
    "Task",
    "TaskDetail",
    "TaskHandle",
    "TaskNotFound",
    "Termination",
    "Token",
    "TokenNotFound",
    "TokenScope",
    "Watermark",
    "create_engine",
    "in_task",
    "terminate_as_exit",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
