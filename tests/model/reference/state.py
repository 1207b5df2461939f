"""What the model remembers: the tables as plain Python, and how "current" is decided.

Nothing here knows SQLAlchemy or the package under test: the model is written from the behaviour contract alone, so
that the two can disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

ACTOR = "tester"

ProcessKey = tuple[str, str]
"""(ProjectCode, ProcessLoad)"""

Slot = tuple[int, int]
"""(WorkFlowID, TaskID): a task inside its process, and its step inside a date."""

INITIATION: Slot = (0, 0)
SYSDT = "SYSDT"
UNFINISHED = ("NQUE", "RQUE")


class Refused(Exception):
    """The contract forbids the call; ``error`` is the name of the error class that it promises."""

    def __init__(self, error: str, why: str = "") -> None:
        super().__init__(f"{error}: {why}")
        self.error = error


class Remark:
    """Equal to any non-empty text: the contract promises a remark, not its wording."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(other.strip())

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "<some remark>"


@dataclass(frozen=True)
class Shortened:
    """Equal to any text of at most 2,000 characters that keeps the head and the last line of ``original``."""

    original: str

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Shortened):
            return self.original == other.original
        if not isinstance(other, str) or len(other) > 2000:
            return False
        last_line = self.original.rstrip().splitlines()[-1]
        return other[:800] == self.original[:800] and other.rstrip().endswith(last_line[-200:])

    def __hash__(self) -> int:
        return hash(self.original)


def message(text: str | None) -> str | Shortened | None:
    """A step's message as the tables keep it: at most 2,000 characters."""
    return text if text is None or len(text) <= 2000 else Shortened(text)


@dataclass
class Audited:
    created_on: datetime
    created_by: str
    last_updated_on: datetime
    last_updated_by: str


@dataclass
class Stage:
    sequence_id: int
    sequence_code: str
    sequence_name: str | None = None
    sequence_description: str | None = None
    sort_order: int | None = None
    is_active: bool = True
    audit: Audited | None = None
    """None for the seven built-in stages: the migration stamps those, not a call."""


@dataclass
class Process:
    project_code: str
    process_load: str
    process_name: str | None
    process_description: str | None
    process_owner: str | None
    load_frequency: str | None
    audit: Audited
    is_active: bool = True


@dataclass
class Task:
    project_code: str
    process_load: str
    task_id: int
    workflow_id: int
    sequence_id: int
    task_name: str
    task_description: str | None
    source_type: str | None
    source_identifier: str | None
    source_system_code: str | None
    load_frequency: str | None
    task_mandatory: bool
    expected_duration_seconds: int | None
    audit: Audited
    is_active: bool = True
    file_name_mask: str | None = None
    file_extension: str | None = None
    in_file_path: str | None = None
    out_file_path: str | None = None

    @property
    def slot(self) -> Slot:
        return self.workflow_id, self.task_id

    def file_of(self, day: date) -> str | None:
        """The file of a date that the task waits for."""
        forms = {"D": "%Y%m%d", "M": "%Y%m", "Y": "%Y"}
        if self.file_name_mask is None or self.load_frequency not in forms:
            return None
        return f"{self.file_name_mask}_{day.strftime(forms[self.load_frequency])}{self.file_extension or ''}"


@dataclass
class Parameter:
    project_code: str
    process_load: str
    parameter_name: str
    parameter_description: str | Remark | None
    parameter_type: str
    value_int: int | None
    value_datetime: datetime | None
    value_bit: bool | None
    audit: Audited
    set_on: datetime | None = None
    automatic_value: datetime | None = None
    advance_mode: str | None = None
    lag_seconds: int | None = None

    @property
    def active(self) -> datetime | int | bool | None:
        """The value that counts for its type."""
        match self.parameter_type:
            case "DELTA_ID":
                return self.value_int
            case "FLAG":
                return self.value_bit
            case _:
                return self.value_datetime

    @property
    def explicit_since(self) -> datetime | None:
        """When somebody set the value on purpose, as far as the row tells; None when nobody did."""
        outside = self.value_datetime != self.automatic_value
        times = [self.set_on, self.audit.last_updated_on if outside else None]
        return max((time for time in times if time is not None), default=None)

    def set(self, value: datetime | int | bool | None, now: datetime, *, on_purpose: bool) -> None:
        match self.parameter_type:
            case "DELTA_ID":
                self.value_int = value  # type: ignore[assignment]
            case "FLAG":
                self.value_bit = value  # type: ignore[assignment]
            case _:
                self.value_datetime = value  # type: ignore[assignment]
        touch(self.audit, now)
        if on_purpose:
            self.set_on = now
        else:
            self.automatic_value = self.value_datetime

    def hold(self, now: datetime) -> None:
        """Somebody says that the value is to stay."""
        touch(self.audit, now)
        self.set_on = now


@dataclass
class Step:
    processing_date: date
    project_code: str
    process_load: str
    execution_id: str
    workflow_id: int
    task_id: int
    sequence_id: int
    attempts: int
    status: str
    task_name: str
    sequence_code: str
    task_mandatory: bool
    source_system_code: str | None
    source_type: str | None
    last_updated_on: datetime
    last_updated_by: str = ACTOR
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration_seconds: int | None = None
    log_message: str | Shortened | Remark | None = None
    log_type: str | None = None
    log_code: str | None = None
    source_run_id: str | None = None
    cluster_id: str | None = None
    expected_duration_seconds: int | None = None
    full_file_name: str | None = None
    in_file_path: str | None = None
    out_file_path: str | None = None
    force_skip: bool | None = None

    @property
    def slot(self) -> Slot:
        return self.workflow_id, self.task_id

    @property
    def stage(self) -> tuple[int, int]:
        return self.workflow_id, self.sequence_id

    @property
    def process(self) -> ProcessKey:
        return self.project_code, self.process_load

    @property
    def unfinished(self) -> bool:
        return self.status in UNFINISHED

    @property
    def waiting(self) -> bool:
        return self.unfinished and not self.running

    @property
    def running(self) -> bool:
        return self.unfinished and self.start_time is not None and self.end_time is None


@dataclass
class SysLog:
    """The receipt of one changed parameter, or of a run that found nothing to do."""

    project_code: str
    process_load: str
    log_time_utc: datetime
    parameter_name: str
    before: datetime | int | bool | None
    of_empty_run: bool = False


@dataclass(frozen=True)
class RunKey:
    """One execution of one process on one date."""

    execution_id: str
    process: ProcessKey
    processing_date: date

    def __repr__(self) -> str:
        return f"<{self.execution_id} of {'/'.join(self.process)} on {self.processing_date}>"


@dataclass
class World:
    stages: dict[int, Stage] = field(default_factory=dict)
    processes: dict[ProcessKey, Process] = field(default_factory=dict)
    tasks: dict[tuple[ProcessKey, Slot], Task] = field(default_factory=dict)
    parameters: dict[tuple[ProcessKey, str], Parameter] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    logs: list[SysLog] = field(default_factory=list)
    empty_runs: list[RunKey] = field(default_factory=list)
    """The runs of which only a receipt tells that they found nothing to do."""

    def on_date(self, process: ProcessKey, day: date) -> list[Step]:
        return [s for s in self.steps if s.process == process and s.processing_date == day]

    def of_run(self, run: RunKey) -> list[Step]:
        return [s for s in self.on_date(run.process, run.processing_date) if s.execution_id == run.execution_id]

    def next_attempt(self, process: ProcessKey, day: date) -> int:
        return max((s.attempts for s in self.on_date(process, day)), default=-1) + 1

    def tasks_of(self, process: ProcessKey) -> list[Task]:
        return [task for (owner, _), task in self.tasks.items() if owner == process]

    def task_is_active(self, step: Step) -> bool:
        task = self.tasks.get((step.process, step.slot))
        return task is not None and task.is_active

    def sysdt(self, process: ProcessKey) -> datetime | None:
        """The date a process is pinned to, or None when it is live."""
        parameter = self.parameters.get((process, SYSDT))
        return parameter.value_datetime if parameter is not None else None


def current(steps: Iterable[Step]) -> dict[Slot, Step]:
    """The current attempt of each step among ``steps``, all of one process and date."""
    chosen: dict[Slot, Step] = {}
    for step in sorted(steps, key=lambda s: (s.attempts, s.last_updated_on, s.execution_id)):
        chosen[step.slot] = step
    return chosen


def fresh_audit(now: datetime) -> Audited:
    return Audited(now, ACTOR, now, ACTOR)


def touch(audit: Audited, now: datetime) -> None:
    audit.last_updated_on = now
    audit.last_updated_by = ACTOR
