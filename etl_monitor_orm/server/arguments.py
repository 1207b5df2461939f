"""What an argument may be, in JSON and in a query: its type, its meaning and an example, once for all calls.

The types say no more than JSON can. What a value means, and whether it is one, the library decides.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, Strict, create_model

from etl_monitor_orm import inputs
from etl_monitor_orm.keys import EXECUTION_ID_MAX
from etl_monitor_orm.vocabulary import LogType, SourceType, Status

MOST_ENTRIES: Final = 1_000
"""Receipts of one request."""
MOST_MEASURES: Final = 50
"""Measures of one request."""


def _text(meaning: str, example: str, **more: Any) -> Any:
    return Annotated[str, Strict(), Field(description=meaning, examples=[example], **more)]


def _number(meaning: str, example: int, *, least: int = 0, most: int = inputs.INT_MAX) -> Any:
    digits = r"^[0-9]*$" if least == 0 else r"^([+-]?[0-9]+)?$"
    number = Annotated[int, Strict(), Field(ge=least, le=most)]
    in_text = Annotated[str, Strict(), Field(pattern=digits, max_length=20)]
    return Annotated[number | in_text, Field(description=f"{meaning} A number, or its digits.", examples=[example])]


def _word(meaning: str, *words: str) -> Any:
    plain_words = [str(word) for word in words]  # pydantic tells of an enum's member what Python calls it
    return Annotated[
        Literal[("", *plain_words)], Field(description=f"{meaning} One of {', '.join(words)}.", examples=[words[0]])
    ]


def _switch(meaning: str) -> Any:
    words = {"true": True, "false": False}
    either = Annotated[bool, Strict()] | Literal["", "true", "false"]
    read = AfterValidator(lambda said: words.get(said, said) if isinstance(said, str) else said)
    return Annotated[either, read, Field(description=f"{meaning} true or false, or its text.", examples=[True])]


_SECONDS: Final = r"^([0-9]{1,15}(\.[0-9]{1,6})?)?$"
_WHEN: Final = _text("When it happened (UTC); else now.", "2026-04-09T02:00:00")
_LEVEL: Final = _number("0 debug, 1 info, 2 warn, 3 error.", 1, most=3)
_ACTIVITY: Final = _text("Activity or task within it.", "Load employees")
_MEASURED: Final[Any] = _number("How much.", 41_000, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX)
_OPERATION: Final = _text("What was being done.", "copy")

CLOSED: Final = ConfigDict(extra="forbid", strict=True)
"""An unknown name is refused: it would be a misspelt one, and lost."""

Entry: Final[Any] = create_model(
    "Entry",
    __config__=CLOSED,
    __doc__="A receipt of its own; what it leaves out, the request's arguments fill in.",
    message=(_text("The text, of any length.", "copied 12 rows"), ...),
    level=(_LEVEL, 1),
    log_time_utc=(_WHEN | None, None),
    operation_name=(_OPERATION | None, None),
    activity_name=(_ACTIVITY | None, None),
)


ARGUMENTS: Final[dict[str, Any]] = {
    "execution_id": _text("The run's id.", "adf-1f0c", max_length=EXECUTION_ID_MAX),
    "project_code": _text("The project.", "CORP"),
    "process_load": _text("The process within the project.", "HR_DAILY"),
    "processing_date": _text("The date to work on, YYYY-MM-DD.", "2026-04-09", json_schema_extra={"format": "date"}),
    "task_id": _number("The task within process and pass.", 1),
    "workflow_id": _number("The pass; else 0 for task 0 and 1 for any other.", 1),
    "sequence_id": _number("The stage.", 2),
    "attempts": _number("The attempt; else the step's current one in the run.", 0),
    "resume": _switch("Queue only the steps that are not DONE on that date."),
    "only_due": _switch("Leave out W, M and Y tasks that are DONE in the week, month or year of the date."),
    "if_running": _word("With resume, what to do about steps that are running.", "raise", "skip", "queue"),
    "stale_after": Annotated[
        Annotated[float, Field(ge=0, allow_inf_nan=False)] | Annotated[str, Strict(), Field(pattern=_SECONDS)],
        AfterValidator(lambda said: float(said) if isinstance(said, str) and said else said),
        Field(description="Seconds after which a silent step is dead.", examples=[3600]),
    ],
    "source_type": _word("Kind of job.", *SourceType),
    "source_run_id": _text("The job's own run id.", "1234"),
    "cluster_id": _text("Cluster that does the work.", "0409-abc"),
    "timestamp": _text("When it happened, ISO text (UTC); else now.", "2026-04-09T02:00:00Z"),
    "takeover": _switch("Start the step although it is recorded as running, because its worker is gone."),
    "status": _word("How the step ended.", Status.DONE, Status.FAIL),
    "log_message": _text("The job's message; 2,000 characters are kept.", "12 rows"),
    "log_type": _word("Severity of the message.", *LogType),
    "log_code": _text("Code of the message.", "ORA-01555"),
    "claim": _text("What start_task returned: end that start of that attempt, and no other.", "0@2026-04-09T02:00:00"),
    "advance": Annotated[
        int | str,
        Field(description="With DONE, the new value of the task's watermark: a time or a number.", examples=[120]),
    ],
    "hold": _switch("With DONE, leave the task's watermark where it is."),
    "measures": Annotated[
        dict[str, _MEASURED],
        Field(
            min_length=1,
            max_length=MOST_MEASURES,
            description="What the attempt measured: whole numbers by name.",
            examples=[{"rows": 41_000}],
        ),
    ],
    "entries": Annotated[
        list[Annotated[str, Strict()] | Entry],
        Field(min_length=1, max_length=MOST_ENTRIES, description="Receipts: texts, or objects."),
    ],
    "remark": _text("Message of the new attempts.", "source is back"),
    "replay": _switch("Queue DONE steps again too."),
    "run_id": _text("The job's own run id.", "1234"),
    "correlation_id": _text("Ties records of several systems together.", "c-77"),
    "pipeline_name": _text("Pipeline, job or logger.", "nightly"),
    "activity_name": _ACTIVITY,
    "operation_name": _OPERATION,
    "level": _LEVEL,
    "log_time_utc": _WHEN,
    "parameter_name": _text("The watermark's parameter.", "LoadEvents"),
    "new_datetime_value": _text("New value of a DELTA_DATE (UTC).", "2026-04-09 02:00:00"),
    "new_int_value": _number("New value of a DELTA_ID.", 120, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX),
    "allow_rewind": _switch("Whether the new value may be before the current one."),
    "since": _text("The earliest processing date, instead of one date.", "2026-04-01"),
    "until": _text("The latest processing date.", "2026-04-09"),
    "where": _text("A condition on the columns.", "run_state = FAILED OR pending > 0"),
    "limit": _number("How many rows at most.", 100, least=1, most=1_000),
    "after": _text("The page's token: next_page of the page before.", ""),
}
"""Each argument by its name; an empty text and null are the same as leaving it out."""
