"""A history made by a release of the Spark edition, with its own code: every shape that its tables take.

Each day below is one shape. What a release cannot do, its history does not have: 0.1.0a3 neither files nor skips, and
its retry is the same run again, or another run that does everything again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from tests.interoperation.releases import framework
from tests.warehouse.warehouse import CATALOG

HR, LEDGER = ("CORP", "HR_DAILY"), ("CORP", "LEDGER")
INITIATION, EMPLOYEES, DEPARTMENTS, EVENTS, PAYROLL, MART = range(6)
STAGES = {INITIATION: (0, 0), EMPLOYEES: (1, 2), DEPARTMENTS: (1, 2), EVENTS: (1, 2), PAYROLL: (1, 4), MART: (1, 6)}
"""The pass and the stage of each task of HR."""
DONE_DAY, RETRIED, REPLAYED, OPENING_FAILED, AGAIN, TWICE, AT_WORK, REPORTED = (
    f"2026-04-0{number}" for number in range(1, 9)
)
NEXT_DAY, DAY_AFTER = "2026-04-09", "2026-04-10"
RUNS = {day: f"run-{day}" for day in (DONE_DAY, RETRIED, REPLAYED, OPENING_FAILED, AGAIN, TWICE, AT_WORK, REPORTED)}
LATER = {day: f"run-{day}-again" for day in (RETRIED, TWICE)}
"""The second run of a date, where there is one."""
OLD_DATES, OLD_TASKS = 50, 100
FIRST_OLD_DATE = "2025-06-01"


@dataclass(frozen=True)
class Edition:
    """A release of the Spark edition on a schema of its own.

    Attributes:
        release: Its version.
        spark: The notebook's session.
    """

    release: str
    spark: SparkSession

    @property
    def schema(self) -> str:
        """Return the schema's name."""
        return f"made_by_{self.release.replace('.', '_')}"

    @property
    def retries_in_place(self) -> bool:
        """Return whether attempts are counted within a run: a second run of a date starts at 0 again."""
        return self.release == "0.1.0a3"

    @property
    def has_files(self) -> bool:
        """Return whether tasks wait for files, and organisations and projects are kept."""
        return not self.retries_in_place

    @property
    def has_skips(self) -> bool:
        """Return whether a step can be skipped."""
        return self.has_files and self.release != "0.1.0a17"

    @property
    def theirs(self) -> Any:
        """Return the release's monitor."""
        return framework(self.release)(self.spark, CATALOG, self.schema)

    def sql(self, statement: str, **tables: str) -> list[dict[str, Any]]:
        """Run a statement in which `{name}` is a table of the schema; return its rows."""
        names = {table: f"`{CATALOG}`.`{self.schema}`.`{table}`" for table in TABLES}
        return [row.asDict() for row in self.spark.sql(statement.format(**names)).collect()]

    def views(self) -> dict[str, list[str]]:
        """Return the columns of each of the release's views."""
        names = [row["viewName"] for row in self.spark.sql(f"SHOW VIEWS IN `{CATALOG}`.`{self.schema}`").collect()]
        return {name: self.spark.table(f"`{CATALOG}`.`{self.schema}`.`{name}`").columns for name in names}

    def do(self, run: str, day: str, *tasks: int, trouble: str = "", **how: Any) -> None:
        """Do tasks of a run in the release's way; with trouble, they fail."""
        for task in tasks:
            workflow, sequence = STAGES[task]
            key = {"task_id": task, "sequence_id": sequence, "workflow_id": workflow, "processing_date": day}
            with suppress(OSError), self.theirs.task(run, *HR, **key, **how):
                if trouble:
                    raise OSError(trouble)

    def start(self, run: str, day: str, task: int) -> None:
        """Start a task, and leave it at that."""
        workflow, sequence = STAGES[task]
        self.theirs.start_task(run, *HR, task, sequence, workflow, day, source_run_id="17")

    def offered(self, run: str, day: str) -> list[dict[str, Any]]:
        """Return what the release offers a dispatcher."""
        return [row.asDict() for row in self.theirs.get_pending_tasks(run, *HR, day).collect()]


TABLES = (
    "ETLOrganisation",
    "ETLconfigProject",
    "ETLconfigSequence",
    "ETLconfigProcess",
    "ETLconfigTasks",
    "ETLconfigParameters",
    "ETLProcessingSteps",
    "ETLsysLogs",
)


def make(edition: Edition) -> None:
    """Set up the release's tables and fill them with its history."""
    edition.theirs.setup()
    register(edition)
    old_history(edition)
    for day in DAYS:
        day(edition)
    edition.theirs.advance_watermark(*HR, "LoadEvents", new_int_value=4711)


def register(edition: Edition) -> None:
    """Register the process: an initiation, two loads that share a watermark, an optional one, a monthly one, a mart."""
    theirs = edition.theirs
    if edition.has_files:
        theirs.register_organisation("ACME", "Acme", "All of it")
        theirs.register_project("CORP", "Corporate", "What all divisions share", "ACME")
    theirs.register_process(*HR, name="HR daily load", owner="HR team")
    theirs.register_parameter(*HR, "SYSDT", "SYSTEM")
    theirs.register_parameter(*HR, "LoadEmployees", "DELTA_DATE", value_datetime="2026-03-31 04:05:06.789")
    theirs.register_parameter(*HR, "LoadEvents", "DELTA_ID", value_int=100)
    theirs.register_parameter(*HR, "Rebuild", "FLAG", value_bit=True)
    own: dict[int, dict[str, Any]] = {
        EMPLOYEES: {"source_system_code": "LoadEmployees", "source_type": "DBX_NOTEBOOK", "source_identifier": "/hr/1"},
        DEPARTMENTS: {"source_system_code": "LoadEmployees"},
        EVENTS: {"source_system_code": "LoadEvents", "task_mandatory": False, "source_type": "ADF_PIPELINE"},
        PAYROLL: {"load_frequency": "M"},
    }
    if edition.has_files:
        own[PAYROLL] |= {"file_name_mask": "payroll", "file_extension": ".csv", "in_file_path": "/in"}
    else:
        own[MART] = {"expected_duration_seconds": 60}
    names = ("Initiation", "Load employees", "Load departments", "Load events", "Load payroll", "Build mart")
    for task, name in enumerate(names):
        workflow, sequence = STAGES[task]
        theirs.register_task(*HR, task, workflow, sequence, name, **own.get(task, {}))


def old_history(edition: Edition) -> None:
    """Insert 5,000 steps of another process as the release writes them, in one statement: years of it, in the end.

    On every tenth date something failed and what comes after it was never started; it is still queued, its StartTime
    the time at which it was queued. On the others all was done.
    """
    theirs = edition.theirs
    theirs.register_process(*LEDGER, name="Ledger")
    edition.sql(
        "INSERT INTO {ETLconfigTasks} (TaskID, ProjectCode, ProcessLoad, WorkFlowID, SequenceID, TaskName, "
        "TaskDescription, SourceType, SourceIdentifier, LoadFrequency, TaskMandatory, IsActive, CreatedOn, CreatedBy, "
        "LastUpdatedOn, LastUpdatedBy) SELECT CAST(id AS INT), 'CORP', 'LEDGER', IF(id = 0, 0, 1), IF(id = 0, 0, 2), "
        "concat('Ledger ', id), '', '', '', 'D', true, true, current_timestamp(), current_user(), current_timestamp(), "
        f"current_user() FROM range({OLD_TASKS})"
    )
    skips = ", ForceSkip" if edition.has_skips else ""
    edition.sql(
        "INSERT INTO {ETLProcessingSteps} (ProcessingDate, ProjectCode, ProcessLoad, ExecutionID, WorkFlowID, TaskID, "
        "SequenceID, Attempts, Status, TaskName, SequenceCode, TaskMandatory, StartTime, EndTime, DurationSeconds, "
        f"LogMessage, LogType, SourceType, LastUpdatedOn, LastUpdatedBy{skips}) "
        "SELECT day, 'CORP', 'LEDGER', concat('ledger-', day), IF(task = 0, 0, 1), task, IF(task = 0, 0, 2), 0, "
        "CASE WHEN state = 'run' THEN 'DONE' WHEN state = 'fail' THEN 'FAIL' ELSE 'NQUE' END, "
        "concat('Ledger ', task), IF(task = 0, 'LOAD_GO', 'LOAD_DB_TRAN'), true, "
        "IF(state = 'wait', dawn, dawn + make_dt_interval(0, 0, task)), "
        "IF(state = 'wait', NULL, dawn + make_dt_interval(0, 0, task, 30)), IF(state = 'wait', NULL, 30), "
        "IF(state = 'fail', 'source is down', NULL), IF(state = 'fail', 'ERROR', NULL), "
        "IF(state = 'wait', NULL, 'DBX_NOTEBOOK'), "
        "IF(state = 'wait', dawn, dawn + make_dt_interval(0, 0, task, 30)), current_user()"
        f"{', false' if skips else ''} FROM ("
        "SELECT *, CASE WHEN number % 10 <> 0 OR task < 97 THEN 'run' WHEN task = 97 THEN 'fail' ELSE 'wait' END "
        "AS state, CAST(day AS TIMESTAMP) + INTERVAL 3 HOURS AS dawn FROM ("
        f"SELECT CAST(id % {OLD_TASKS} AS INT) AS task, id DIV {OLD_TASKS} AS number, "
        f"date_add(DATE'{FIRST_OLD_DATE}', CAST(id DIV {OLD_TASKS} AS INT)) AS day "
        f"FROM range({OLD_DATES * OLD_TASKS})))"
    )


def done_day(edition: Edition) -> None:
    """All is done."""
    run = RUNS[DONE_DAY]
    edition.theirs.generate_execution_steps(run, *HR, DONE_DAY)
    edition.do(run, DONE_DAY, *STAGES)


def retried(edition: Edition) -> None:
    """The mart fails, which re-queues the initiation in place; a second run does what its release leaves for it."""
    run, again = RUNS[RETRIED], LATER[RETRIED]
    edition.theirs.generate_execution_steps(run, *HR, RETRIED)
    edition.do(run, RETRIED, INITIATION, EMPLOYEES)
    edition.do(run, RETRIED, MART, trouble="source is down")
    edition.theirs.generate_execution_steps(again, *HR, RETRIED)
    edition.do(again, RETRIED, INITIATION, MART)


def replayed(edition: Edition) -> None:
    """A day is done and then replayed in place: one load is done again, one is at work, the rest waits."""
    run = RUNS[REPLAYED]
    edition.theirs.generate_execution_steps(run, *HR, REPLAYED)
    edition.do(run, REPLAYED, INITIATION, EMPLOYEES, DEPARTMENTS, MART)
    edition.theirs.status_reset(*HR, REPLAYED, remark="late rows")
    edition.do(run, REPLAYED, EMPLOYEES)
    edition.start(run, REPLAYED, DEPARTMENTS)


def opening_failed(edition: Edition) -> None:
    """The initiation itself fails: it is queued again in the same statement's wake, its message and type left."""
    run = RUNS[OPENING_FAILED]
    edition.theirs.generate_execution_steps(run, *HR, OPENING_FAILED)
    edition.do(run, OPENING_FAILED, INITIATION, trouble="no rights")


def again(edition: Edition) -> None:
    """A load fails in a run whose initiation nobody started; the load is started again in place, and works."""
    run = RUNS[AGAIN]
    edition.theirs.generate_execution_steps(run, *HR, AGAIN)
    edition.do(run, AGAIN, EMPLOYEES, trouble="source is down")
    edition.start(run, AGAIN, EMPLOYEES)


def twice(edition: Edition) -> None:
    """The mart fails, and again in a retry; at its third try it is done.

    In 0.1.0a3 the tries are attempts that the caller numbers, in one run. Later it is a new run, and a third try in
    that run is written as attempt 0, because only a queued row tells its attempt.
    """
    run = RUNS[TWICE]
    edition.theirs.generate_execution_steps(run, *HR, TWICE)
    edition.do(run, TWICE, MART, trouble="first")
    if edition.retries_in_place:
        edition.do(run, TWICE, MART, trouble="second", attempts=1)
        edition.do(run, TWICE, MART, attempts=2)
        return
    later = LATER[TWICE]
    edition.theirs.generate_execution_steps(later, *HR, TWICE)
    edition.do(later, TWICE, MART, trouble="second")
    edition.do(later, TWICE, MART)


def at_work(edition: Edition) -> None:
    """A run in progress: its initiation is done, a load is at work, another is queued, one is skipped."""
    run = RUNS[AT_WORK]
    edition.theirs.generate_execution_steps(run, *HR, AT_WORK)
    edition.do(run, AT_WORK, INITIATION)
    edition.start(run, AT_WORK, EMPLOYEES)
    if edition.has_skips:
        workflow, sequence = STAGES[EVENTS]
        edition.theirs.skip_task(run, *HR, EVENTS, workflow, sequence, AT_WORK)


def reported(edition: Edition) -> None:
    """An orchestrator reports ends only: a step is done that was never started."""
    run = RUNS[REPORTED]
    edition.theirs.generate_execution_steps(run, *HR, REPORTED)
    workflow, sequence = STAGES[EVENTS]
    edition.theirs.end_task(run, *HR, EVENTS, sequence, workflow, REPORTED, log_message="17 rows", log_type="INFO")


DAYS = (done_day, retried, replayed, opening_failed, again, twice, at_work, reported)
