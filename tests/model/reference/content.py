"""Everything that can be seen of the model's world: all tables and six views, each row under its key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from . import views
from .state import Audited, Stage, SysLog, World

Row = dict[str, object]
Table = dict[tuple[object, ...], Row]

PROCESS = ("project_code", "process_load")
DATED = ("processing_date", *PROCESS)
STEP = (*DATED, "execution_id", "workflow_id", "task_id", "sequence_id", "attempts")
FAILURE = (*DATED, "workflow_id", "task_id")

TABLE_KEYS = {
    "SequenceStage": ("sequence_id",),
    "Process": PROCESS,
    "Task": (*PROCESS, "workflow_id", "task_id"),
    "Parameter": (*PROCESS, "parameter_name"),
    "ProcessingStep": STEP,
    "SysLog": ("log_time_utc", *PROCESS, "nth"),
}
VIEW_KEYS = {
    "ProcessStatus": DATED,
    "RunSummary": (*DATED, "execution_id", "attempts"),
    "TaskDetail": STEP,
    "MandatoryBlocker": FAILURE,
    "CurrentFailure": FAILURE,
    "Watermark": (*PROCESS, "parameter_name"),
}


def keyed(rows: Iterable[Row], key: tuple[str, ...]) -> Table:
    """Rows by their key; two rows of one key are an error on either side."""
    table: Table = {}
    for row in rows:
        identity = tuple(row[column] for column in key)
        assert identity not in table, f"two rows for {identity}"
        table[identity] = row
    return table


def tables(world: World) -> dict[str, Table]:
    rows = {
        "SequenceStage": [stage_row(stage) for stage in world.stages.values()],
        "Process": [plain(process) for process in world.processes.values()],
        "Task": [plain(task) for task in world.tasks.values()],
        "Parameter": [plain(parameter) for parameter in world.parameters.values()],
        "ProcessingStep": [plain(step) for step in world.steps],
        "SysLog": receipts(world.logs),
    }
    return {name: keyed(rows[name], key) for name, key in TABLE_KEYS.items()}


def reports(world: World, now: datetime) -> dict[str, Table]:
    """The six views; ``now`` is the database's own time, which decides about running steps' deadlines."""
    rows = {
        "ProcessStatus": views.process_status(world),
        "RunSummary": views.run_summary(world),
        "TaskDetail": views.task_detail(world, now),
        "MandatoryBlocker": views.mandatory_blockers(world),
        "CurrentFailure": views.current_failures(world),
        "Watermark": views.watermarks(world),
    }
    return {name: keyed(rows[name], key) for name, key in VIEW_KEYS.items()}


@dataclass(frozen=True)
class Mentions:
    """Equal to any text in which all of some words occur."""

    words: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and all(word in other for word in self.words)

    def __hash__(self) -> int:
        return 0


def receipts(logs: Iterable[SysLog]) -> list[Row]:
    """The receipts of each call, numbered by the parameter that they are about."""
    by_parameter = sorted(logs, key=lambda log: log.parameter_name)
    return numbered(
        {
            "log_time_utc": log.log_time_utc,
            "project_code": log.project_code,
            "process_load": log.process_load,
            "message": Mentions((log.parameter_name, "" if log.of_empty_run else written(log.before))),
        }
        for log in by_parameter
    )


def numbered(rows: Iterable[Row]) -> list[Row]:
    """Log rows, told apart by their number (`nth`) among those of one call."""
    counter: Counter[object] = Counter()
    result = []
    for row in rows:
        call = row["log_time_utc"]
        result.append({**row, "nth": counter[call]})
        counter[call] += 1
    return result


def written(value: datetime | int | bool | None) -> str:
    match value:
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case bool() | None:
            return {True: "true", False: "false", None: "NULL"}[value]
        case _:
            return str(value)


def stage_row(stage: Stage) -> Row:
    """A stage; of the built-in ones only what the contract says about them."""
    if stage.audit is None:
        return {"sequence_id": stage.sequence_id, "sequence_code": stage.sequence_code, "is_active": True}
    return plain(stage)


def plain(row: object) -> Row:
    """A model row as its columns: the audit columns spread out, what is no column left out."""
    columns = {name: value for name, value in vars(row).items() if name != "audit"}
    audit = vars(row).get("audit")
    return {**columns, **asdict(audit)} if isinstance(audit, Audited) else columns
