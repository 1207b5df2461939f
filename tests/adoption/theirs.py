"""Tables of the Spark edition's three kinds, with rows as it leaves them, on any backend."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Date,
    Engine,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    text,
)
from sqlalchemy.schema import CreateSchema

DAY = date(2026, 4, 9)
FAILED, REPLAYED, LIVE = DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)
NOON = datetime(2026, 4, 9, 12, tzinfo=UTC)
NOW = datetime(2026, 4, 11, 20, tzinfo=UTC)
HR = ("CORP", "HR_DAILY")

_T = TIMESTAMP(timezone=True)
_AUDIT = (("CreatedOn", _T), ("CreatedBy", String), ("LastUpdatedOn", _T), ("LastUpdatedBy", String))
_FILES = (("InFilePath", String), ("OutFilePath", String))
KEYS = {
    "ETLconfigSequence": ("SequenceID",),
    "ETLconfigProcess": ("ProjectCode", "ProcessLoad"),
    "ETLconfigTasks": ("TaskID", "ProjectCode", "ProcessLoad", "WorkFlowID"),
    "ETLconfigParameters": ("ProjectCode", "ProcessLoad", "ParameterName"),
    "ETLOrganisation": ("OrganisationCode",),
    "ETLconfigProject": ("ProjectCode",),
}


def shapes(kind: str) -> dict[str, tuple[tuple[str, object], ...]]:
    """The columns of each table of a kind, in their order."""
    early = kind == "A"
    found = {
        "ETLconfigSequence": (
            ("SequenceID", Integer), ("SequenceCode", String), ("SequenceName", String),
            ("SequenceDescription", String), ("SortOrder", Integer), ("IsActive", Boolean), *_AUDIT,
        ),
        "ETLconfigProcess": (
            ("ProjectCode", String), ("ProcessLoad", String), ("ProcessName", String), ("ProcessDescription", String),
            ("ProcessOwner", String), ("LoadFrequency", String), ("IsActive", Boolean), *_AUDIT,
        ),
        "ETLconfigTasks": (
            ("TaskID", Integer), ("ProjectCode", String), ("ProcessLoad", String), ("WorkFlowID", Integer),
            ("SequenceID", Integer), ("TaskName", String), ("TaskDescription", String), ("SourceType", String),
            ("SourceIdentifier", String), ("SourceSystemCode", String),
            *(() if early else (("FileNameMask", String), ("FileExtension", String), *_FILES)),
            ("LoadFrequency", String), ("TaskMandatory", Boolean),
            *((("ExpectedDurationSeconds", Integer),) if early else ()),
            ("IsActive", Boolean), *_AUDIT,
        ),
        "ETLconfigParameters": (
            ("ProjectCode", String), ("ProcessLoad", String), ("ParameterName", String),
            ("ParameterDescription", String), ("ParameterType", String), ("ValueINT", BigInteger),
            ("ValueDateTime", _T), ("ValueBIT", Boolean), *_AUDIT,
        ),
        "ETLProcessingSteps": (
            ("ProcessingDate", Date), ("ProjectCode", String), ("ProcessLoad", String), ("ExecutionID", String),
            ("WorkFlowID", Integer), ("TaskID", Integer), ("SequenceID", Integer), ("Attempts", Integer),
            ("Status", String), ("TaskName", String), ("SequenceCode", String), ("TaskMandatory", Boolean),
            ("SourceSystemCode", String), *(() if early else (("FullFileName", String), *_FILES)),
            *((("ForceSkip", Boolean),) if kind == "C" else ()),
            ("StartTime", _T), ("EndTime", _T), ("DurationSeconds", Integer), ("LogMessage", String),
            ("LogType", String), ("LogCode", String), ("SourceType", String), ("SourceRunID", String),
            ("ClusterID", String), ("LastUpdatedOn", _T), ("LastUpdatedBy", String),
        ),
        "ETLsysLogs": (
            ("_ID", BigInteger), ("ProcessingDate", Date), ("ProjectCode", String), ("ProcessLoad", String),
            ("SourceType", String), ("RunID", String), ("ExecutionID", String), ("CorrelationID", String),
            ("PipelineName", String), ("ActivityName", String), ("OperationName", String), ("Level", Integer),
            ("LogTimeUTC", _T), ("Message", String),
        ),
    }  # fmt: skip
    if not early:
        found["ETLOrganisation"] = (
            ("OrganisationCode", String), ("OrganisationName", String), ("OrganisationDescription", String),
            ("IsActive", Boolean), *_AUDIT,
        )  # fmt: skip
        found["ETLconfigProject"] = (
            ("ProjectCode", String), ("OrganisationCode", String), ("ProjectName", String),
            ("ProjectDescription", String), ("IsActive", Boolean), *_AUDIT,
        )  # fmt: skip
    return found


REQUIRED = {
    "ETLconfigSequence": ("SequenceCode",),
    "ETLconfigTasks": ("SequenceID", "TaskName"),
    "ETLconfigParameters": ("ParameterType",),
    "ETLOrganisation": ("OrganisationName", "OrganisationDescription"),
    "ETLconfigProject": ("ProjectName", "ProjectDescription"),
    "ETLProcessingSteps": (
        "ProcessingDate", "ProjectCode", "ProcessLoad", "ExecutionID", "WorkFlowID", "TaskID", "SequenceID",
        "Attempts", "Status",
    ),
    "ETLsysLogs": ("_ID",),
}  # fmt: skip
"""What refuses NULL beside the keys; there are no keys but by habit."""

VIEWS = {
    "v_processStatus": "ETLProcessingSteps",
    "v_runSummary": "ETLProcessingSteps",
    "v_taskDetail": "ETLProcessingSteps",
    "v_mandatoryBlockers": "ETLProcessingSteps",
    "v_currentFailures": "ETLProcessingSteps",
}


class Theirs:
    """The Spark edition's tables in a schema of a database.

    Args:
        engine: The database.
        schema: The schema, which does not exist yet.
        kind: A, B or C.
    """

    def __init__(self, engine: Engine, schema: str, kind: str) -> None:
        self.engine, self.schema, self.kind = engine, schema, kind
        metadata = MetaData()
        self.tables = {
            name: Table(
                name,
                metadata,
                *(
                    Column(
                        column,
                        type_,
                        *((Identity(always=True),) if column == "_ID" else ()),
                        nullable=column not in (*KEYS.get(name, ()), *REQUIRED.get(name, ())),
                    )
                    for column, type_ in columns
                ),
                schema=schema,
            )
            for name, columns in shapes(kind).items()
        }
        with engine.begin() as connection:
            connection.execute(CreateSchema(schema))
            metadata.create_all(connection)
            self.put_views(connection)

    def put_views(self, connection) -> None:
        """Make the six views as its setup() does: with its own columns."""
        quote = self.engine.dialect.identifier_preparer.quote
        for view, table in VIEWS.items():
            names = ", ".join(quote(name) for name in ("ProcessingDate", "ProjectCode", "ProcessLoad", "Status"))
            connection.execute(
                text(f"CREATE VIEW {quote(self.schema)}.{quote(view)} AS SELECT {names} FROM {self.of(table)}")
            )
        names = ", ".join(quote(name) for name in ("ProjectCode", "ProcessLoad", "ParameterName"))
        value = f"CAST({quote('ValueDateTime')} AS VARCHAR(64)) AS {quote('ActiveValue')}"
        connection.execute(
            text(
                f"CREATE VIEW {quote(self.schema)}.{quote('v_watermarks')} AS "
                f"SELECT {names}, {value} FROM {self.of('ETLconfigParameters')}"
            )
        )

    def of(self, table: str) -> str:
        quote = self.engine.dialect.identifier_preparer.quote
        return f"{quote(self.schema)}.{quote(table)}"

    def add(self, table: str, *rows: dict[str, object]) -> None:
        """Insert rows; columns that this kind does not have are left out."""
        there = self.tables[table]
        with self.engine.begin() as connection:
            for row in rows:
                connection.execute(insert(there).values({k: v for k, v in row.items() if k in there.c}))

    def step(self, **values: object) -> dict[str, object]:
        """A row of its results, and add it."""
        row: dict[str, object] = {
            "ProcessingDate": DAY, "ProjectCode": HR[0], "ProcessLoad": HR[1], "ExecutionID": "run-1",
            "WorkFlowID": 1, "TaskID": 1, "SequenceID": 2, "Attempts": 0, "Status": "NQUE",
            "TaskName": f"task {values.get('TaskID', 1)}", "TaskMandatory": True,
            "StartTime": NOON, "LastUpdatedOn": NOON, "LastUpdatedBy": "theirs", "ForceSkip": False, **values,
        }  # fmt: skip
        self.add("ETLProcessingSteps", row)
        return row

    def done(self, **values: object) -> dict[str, object]:
        return self.step(**{"Status": "DONE", "EndTime": later(60), "DurationSeconds": 60, **_RAN, **values})

    def failed(self, **values: object) -> dict[str, object]:
        ended = {"EndTime": later(30), "DurationSeconds": 30, "LogMessage": "source is down", "LogType": "ERROR"}
        return self.step(**{"Status": "FAIL", **ended, **_RAN, **values})

    def register(self) -> None:
        """A process with an initiation, two loads and a mart, and a watermark."""
        audit = {"CreatedOn": NOON, "CreatedBy": "theirs", "LastUpdatedOn": NOON, "LastUpdatedBy": "theirs"}
        of = {"ProjectCode": HR[0], "ProcessLoad": HR[1], "IsActive": True, **audit}
        for number, code in enumerate(
            ("LOAD_GO", "LOAD_DB_CONFIG", "LOAD_DB_TRAN", "LOAD_DIM", "LOAD_TRAN", "PRE_PROCESS")
        ):
            self.add("ETLconfigSequence", {"SequenceID": number, "SequenceCode": code, "IsActive": True, **audit})
        self.add("ETLconfigProcess", {**of, "ProcessName": "HR", "ProcessDescription": "", "LoadFrequency": "D"})
        for task, passing, stage, name, mark in (
            (0, 0, 0, "Initiation", ""),
            (1, 1, 2, "Load employees", "LoadEmployees"),
            (2, 1, 2, "Load events", ""),
            (3, 1, 6, "Build mart", ""),
        ):
            self.add(
                "ETLconfigTasks",
                {
                    **of, "TaskID": task, "WorkFlowID": passing, "SequenceID": stage, "TaskName": name,
                    "SourceSystemCode": mark, "SourceType": "", "SourceIdentifier": "", "LoadFrequency": "D",
                    "TaskMandatory": True, "ExpectedDurationSeconds": 45, "FileNameMask": "", "FileExtension": "",
                    "InFilePath": "", "OutFilePath": "",
                },
            )  # fmt: skip
        self.add(
            "ETLconfigParameters",
            {**of, "ParameterName": "LoadEmployees", "ParameterType": "DELTA_DATE", "ValueDateTime": NOON},
        )

    def history(self) -> None:
        """A failed and retried run, a replayed date, and a run that waits."""
        self.register()
        again = 0 if self.kind == "A" else 1
        late = {"LastUpdatedOn": later(600)}
        zero = {"WorkFlowID": 0, "TaskID": 0, "SequenceID": 0}
        self.step(**zero, EndTime=later(30), DurationSeconds=10, **_RAN)  # put back to NQUE by the failure
        self.done()
        self.failed(TaskID=2)
        self.step(TaskID=3, SequenceID=6)
        second = {"ExecutionID": "run-2", "Attempts": again, **late}
        self.done(**zero, **second)
        self.done(TaskID=2, **second)
        self.done(TaskID=3, SequenceID=6, **second)
        # A date that a reset queued again in place.
        replayed = {"ProcessingDate": REPLAYED, "ExecutionID": "run-3", "Status": "RQUE", "LogMessage": "replay"}
        self.done(**zero, **replayed)
        self.done(**replayed)
        self.done(TaskID=2, SequenceID=2, **{**replayed, "Status": "DONE", "LogMessage": None})
        # A date that waits, one of its steps left out.
        live = {"ProcessingDate": LIVE, "ExecutionID": "run-4"}
        self.done(**zero, **live)
        self.step(**live)
        self.step(TaskID=2, ForceSkip=True, **live)


_RAN = {"SourceType": "DBX_NOTEBOOK", "SourceRunID": "17", "ClusterID": "cluster"}


def later(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)
