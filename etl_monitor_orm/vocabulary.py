"""The domain's words: the closed sets of values that the tables hold."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Status(StrEnum):
    """State of one attempt of a step (`ETLProcessingSteps.Status`)."""

    NQUE = "NQUE"
    """Queued by a run; running while it has a start time and no end time."""
    RQUE = "RQUE"
    """Queued again by a reset; running while it has a start time and no end time."""
    DONE = "DONE"
    """Completed."""
    FAIL = "FAIL"
    """Failed; the only way on is a new attempt."""


QUEUED: Final = (Status.NQUE, Status.RQUE)
"""The two states of an unfinished step, started or not."""


def state_of(status: Status | str, *, is_running: bool, is_skipped: bool = False) -> str:
    """Return how a step stands, for people: RUNNING once it was started, SKIPPED while its run leaves it out.

    Else it is the status, which can be a word of another tool.
    """
    if is_running:
        return RunState.RUNNING.value
    return "SKIPPED" if is_skipped and status in QUEUED else str(status)


class RunStatus(StrEnum):
    """Rollup of one attempt of a run (`v_runSummary.OverallStatus`)."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETE = "COMPLETE"


class RunState(StrEnum):
    """How a process really stands on a date (`v_processStatus.RunState`); the first that applies."""

    FAILED = "FAILED"
    """A mandatory step failed, and its task is active."""
    RUNNING = "RUNNING"
    """A step runs."""
    WAITING = "WAITING"
    """A step is queued."""
    COMPLETE = "COMPLETE"
    """Nothing is left to do."""


class ParameterType(StrEnum):
    """The kind of a parameter: it selects the active value column."""

    DELTA_DATE = "DELTA_DATE"
    """A watermark in time (`ValueDateTime`); moves by itself when its step is DONE."""
    DELTA_ID = "DELTA_ID"
    """A watermark by number (`ValueINT`); only an explicit call moves it."""
    FLAG = "FLAG"
    """A flag (`ValueBIT`)."""
    SYSTEM = "SYSTEM"
    """The process's date (`ValueDateTime`): only the parameter SYSDT."""


class AdvanceMode(StrEnum):
    """Whether DONE moves a DELTA_DATE by itself (`ETLconfigParameters.AdvanceMode`)."""

    AUTOMATIC = "AUTOMATIC"
    """DONE moves it to the step's start; also where the column is NULL."""
    MANUAL = "MANUAL"
    """Only an explicit call, or a value staged in a task, moves it."""


class SourceType(StrEnum):
    """What kind of job does the work of a task."""

    ADF_PIPELINE = "ADF_PIPELINE"
    DBX_JOB = "DBX_JOB"
    DBX_NOTEBOOK = "DBX_NOTEBOOK"
    DATAFLOW = "DATAFLOW"


class LoadFrequency(StrEnum):
    """How often a process or a task is due."""

    DAILY = "D"
    WEEKLY = "W"
    MONTHLY = "M"
    YEARLY = "Y"
    AD_HOC = "A"


class LogType(StrEnum):
    """Severity of a step's message (`ETLProcessingSteps.LogType`)."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class LogLevel(IntEnum):
    """Severity of a run receipt (`ETLsysLogs.Level`)."""

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


class BreachKind(StrEnum):
    """What is wrong with something that is late (`ETLbreaches.Kind`)."""

    NOT_STARTED = "NOT_STARTED"
    """Its time has passed, and nothing of that date was started."""
    NOT_DONE = "NOT_DONE"
    """Its time has passed, and that date was started but is not done."""
    RUNNING_TOO_LONG = "RUNNING_TOO_LONG"
    """An attempt took longer than its expected duration, from its start."""
    GONE_QUIET = "GONE_QUIET"
    """A running attempt gives no more signs of life."""
    NO_SUCCESS = "NO_SUCCESS"
    """Nothing was done for too long."""
    WATERMARK_STILL = "WATERMARK_STILL"
    """Work is done, but its watermark has not moved for too long."""
    FAILED = "FAILED"
    """A step failed and is not done yet: `etl-monitor watch` tells people; nothing need be late."""


class Outcome(StrEnum):
    """How something that was late ended (`ETLbreaches.Outcome`)."""

    RESOLVED = "RESOLVED"
    """It was done, or works again."""
    WITHDRAWN = "WITHDRAWN"
    """Nobody waits for it any more: it was deactivated or left out, or its deadline was changed."""
    EXPIRED = "EXPIRED"
    """Its date is longer ago than evaluations look back."""


class TokenScope(StrEnum):
    """What a token allows (`ETLtokens.Scope`)."""

    READ = "read"
    """Questions: what is pending, how runs stand, the views."""
    REPORT = "report"
    """Reading, and the calls that report what a load does."""


class Stage(NamedTuple):
    """One built-in stage of `ETLconfigSequence`."""

    sequence_id: int
    code: str
    name: str
    description: str


BUILT_IN_STAGES: Final = (
    Stage(0, "LOAD_GO", "Initiation", "Marks the run as a whole: its first step, and the sign of how it stands"),
    Stage(1, "LOAD_DB_CONFIG", "Load configuration", "Reads reference and configuration data from the source"),
    Stage(2, "LOAD_DB_TRAN", "Load transactions", "Reads transactional data from the source into staging"),
    Stage(3, "LOAD_DIM", "Process master data", "Checks and conforms the staged dimensions"),
    Stage(4, "LOAD_TRAN", "Process transactions", "Checks and conforms the staged transactions"),
    Stage(5, "PRE_PROCESS", "Functional logic", "Applies business rules and derives values"),
    Stage(6, "PROCESS_DATA", "Transform data", "Builds the output tables and data marts"),
)

FIRST_CUSTOM_STAGE: Final = 10
"""Stages below this number belong to the framework."""

SYSTEM_DATE: Final = "SYSDT"
"""Name of the one SYSTEM parameter: the date that the process works on; NULL means live."""

ADOPTION: Final = "adopt"
"""OperationName of an adoption's receipts, which the monitor reads again."""

IMPORT: Final = "import"
"""OperationName of the receipts by which an import that was stopped is recognised."""

OWN_RECEIPTS: Final = (ADOPTION, IMPORT)
"""What is about these very tables: a purge leaves it, and an export leaves it out."""

INITIATION_ID: Final = 0
"""TaskID, WorkFlowID and SequenceID of a run's initiation step: all three or none."""

FIRST_PASS: Final = 1
"""WorkFlowID of the main load."""
