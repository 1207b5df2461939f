"""The domain's words: the closed sets of values that the tables hold."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Status(StrEnum):
    """State of one attempt of a step (`ETLProcessingSteps.Status`)."""

    NQUE = "NQUE"
    """Queued by a run; running once it has a start time."""
    RQUE = "RQUE"
    """Queued again by a reset; running once it has a start time."""
    DONE = "DONE"
    """Completed."""
    FAIL = "FAIL"
    """Failed; only a new attempt follows."""


QUEUED: Final = (Status.NQUE, Status.RQUE)
"""The two states in which a step still has something to do, started or not."""


class RunStatus(StrEnum):
    """Rollup of one attempt of a run (`v_runSummary.OverallStatus`)."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETE = "COMPLETE"


class ParameterType(StrEnum):
    """What a parameter holds, and so which of its value columns is the active one."""

    DELTA_DATE = "DELTA_DATE"
    """A watermark in time (`ValueDateTime`); moves by itself when its step is DONE."""
    DELTA_ID = "DELTA_ID"
    """A watermark by number (`ValueINT`); moves by an explicit call only."""
    FLAG = "FLAG"
    """A switch (`ValueBIT`)."""
    SYSTEM = "SYSTEM"
    """The process's own date (`ValueDateTime`): the parameter SYSDT and no other."""


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
"""Stages below this number are the framework's own."""

SYSTEM_DATE: Final = "SYSDT"
"""Name of the one SYSTEM parameter: the date that the process works on; NULL means live."""

INITIATION_ID: Final = 0
"""TaskID, WorkFlowID and SequenceID of a run's initiation step: all three or none."""

FIRST_PASS: Final = 1
"""WorkFlowID of the main load."""
