"""The shapes of answers: what the OpenAPI document says of rows, runs, claims, pages and errors.

Each is an object: Data Factory's Web activity fails where an answer is an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, create_model

from etl_monitor_orm.columns import columns_of
from etl_monitor_orm.rows import Rows

Answered = Mapping[str, object]
"""What JSON holds of an answer."""


class Refused(BaseModel):
    """Why a request was refused. Nothing was written."""

    model_config = ConfigDict(extra="allow")

    error: str = Field(description="The error's name.", examples=["InvalidTransition"])
    message: str = Field(description="What happened, to what, and what to do.")
    request_id: str | None = Field(None, description="Find the request in the server's log by it.")
    field: str | None = Field(None, description="The argument or header that is wrong (422).", examples=["task_id"])
    state: str | None = Field(None, description="Status of the step (409).", examples=["DONE"])
    asked: str | None = Field(None, description="The requested change of the step.", examples=["start"])
    project_code: str | None = None
    process_load: str | None = None
    execution_id: str | None = None
    processing_date: date | None = None
    task_id: int | None = None
    workflow_id: int | None = None
    parameter_name: str | None = None


class Health(BaseModel):
    """The server answers. It says nothing of the database."""

    status: str = Field(examples=["ok"])


class RunFound(BaseModel):
    """A run."""

    execution_id: str = Field(examples=["adf-1f0c"])
    project_code: str = Field(examples=["CORP"])
    process_load: str = Field(examples=["HR_DAILY"])
    processing_date: date = Field(examples=["2026-04-09"])


class Started(BaseModel):
    """A started step. Pass its claim to end_task, fail_task and heartbeat."""

    claim: str = Field(examples=["0@2026-04-09T02:00:00+00:00"])
    attempts: int | None = Field(examples=[0])
    started: datetime


class Recorded(BaseModel):
    """The call is recorded."""

    recorded: bool = Field(examples=[True])


class Appended(BaseModel):
    """Receipts were appended."""

    appended: int = Field(examples=[1])


class Pinged(BaseModel):
    """What a ping did."""

    execution_id: str
    processing_date: date
    task: str = Field(description="PASS.ID, or the task's name.", examples=["1.1"])
    status: str = Field(description="RUNNING, DONE or FAIL.", examples=["RUNNING"])
    claim: str | None = Field(None, description="Of a start: pass it to the ping that ends it.")


class Value(BaseModel):
    """The active value of a parameter."""

    parameter_name: str
    value: int | bool | str | None = Field(description="A time (UTC) as ISO text, a number, a flag, or null.")


@cache
def row(kind: type) -> type[BaseModel]:
    """Return the shape of a kind of row: a mapped view or a dataclass."""
    columns: dict[str, Any] = {name: (python | None, ...) for name, python in columns_of(kind).items()}
    return create_model(kind.__name__, **columns)


def rows(kind: type, *, name: str = "RowsOf", **more: Any) -> type[BaseModel]:
    """Return the shape of rows, and of what else stands beside them."""
    fields: dict[str, Any] = {"rows": (list[row(kind)], ...), **more}  # type: ignore[misc]
    return create_model(f"{name}{kind.__name__}", **fields)


def in_rows(found: Rows[Any], **more: object) -> Answered:
    """Return an answer of that shape."""
    return {"rows": found.to_dicts(), **more}


def run_status(step: type[BaseModel], rollup: type[BaseModel]) -> type[BaseModel]:
    """Return the shape of a run's status."""
    fields: dict[str, Any] = {
        "succeeded": (bool, Field(description="Whether it is over, and no mandatory task failed.")),
        "summary": (list[rollup], Field(description="The rollup of each attempt, oldest first.")),  # type: ignore[valid-type]
        "steps": (list[step], Field(description="Each step's current attempt.")),  # type: ignore[valid-type]
    }
    return create_model("RunStatus", __base__=RunFound, **fields)


def page(kind: type) -> type[BaseModel]:
    """Return the shape of a page of rows."""
    words = "Pass it as `after` for the next page; null if this is the last."
    return rows(kind, name="PageOf", next_page=(str | None, Field(description=words)))


REFUSALS: Final = {
    400: "The request is no JSON.",
    401: "There is no valid token.",
    403: "The token does not allow this.",
    404: "What the request names does not exist.",
    408: "The request took too long to arrive.",
    409: "The step's state does not allow this, or another try of the request is at work.",
    413: "The body is too large.",
    415: "The body is no JSON by its Content-Type.",
    422: "An argument is wrong; `field` names it.",
    429: "Too many requests.",
    500: "The database refused a statement, or a defect.",
    503: "The database is busy, or cannot be used now.",
}
"""What each status of a refusal means."""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI document's words on refusals."""
    again = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return {
        status: {
            "model": Refused,
            "description": REFUSALS[status],
            **({"headers": again} if status in (409, 429, 503) else {}),
        }
        for status in statuses
    }
