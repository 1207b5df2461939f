"""Pages that refuse: what happened and what to do, for a person; where the database is they do not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from etl_monitor_orm.pages.rendering import refusal
from etl_monitor_orm.server.live import sending

_LOOKS_AGAIN: Final = (429, 500, 503)
"""What may be over by itself."""


class _Words(NamedTuple):
    title: str
    told: str | None
    todo: str


_RELOAD: Final = "The page looks again by itself."
_LOG: Final = "The server's log says more under the request below."
_AWAY: Final = _Words(
    "The database cannot be read now",
    "The monitor's database is away, locked or busy.",
    f"{_RELOAD} If it stays so, tell whoever runs the monitor. {_LOG}",
)
_NO_TABLES: Final = _Words(
    "The monitor's tables are not ready",
    "The database has none of the monitor's tables, or those of another version.",
    "Ask whoever runs the monitor to run `etl-monitor db upgrade`.",
)
_OF_ERROR: Final = {
    "Unauthorized": _Words(
        "A token is needed",
        "The token is missing or wrong, or it was revoked or has expired.",
        "Load the page again, and give a token of `etl-monitor token make` as the password; any user name will do.",
    ),
    "Forbidden": _Words("Not for this token", None, "Choose what the token is for, or use another one."),
    "TooManyRequests": _Words("Too many requests", None, _RELOAD),
    "Busy": _Words("Too many wait", "The server has more requests than it can answer.", _RELOAD),
    "Unavailable": _Words(
        "Tokens cannot be looked up now",
        "The server cannot read who may see this page: the database is away or busy, or its tables are not set up.",
        f"{_RELOAD} If the tables were never set up, run `etl-monitor db upgrade`. {_LOG}",
    ),
    "SchemaMissing": _NO_TABLES,
    "SchemaOutOfDate": _NO_TABLES,
    "ConfigurationError": _Words(
        "The server cannot read the tables",
        "The server may not read the monitor's tables, or its connection to the database is set up wrongly.",
        f"Ask whoever runs the monitor to grant it SELECT on them. {_LOG}",
    ),
    "DatabaseError": _Words("The database refused a question", "The page could not be made.", _LOG),
    "Defect": _Words("The page could not be made", "The server has a defect.", _LOG),
}
_OF_STATUS: Final = {
    404: _Words("There is no such process", None, "Correct the filters, or show everything."),
    422: _Words("The filters cannot be read", None, "Correct the address, or show everything."),
    503: _AWAY,
}
_ELSE: Final = _Words("The page cannot be shown", None, _LOG)


def page(
    scope: Mapping[str, Any], status: int, body: Mapping[str, object], headers: Mapping[str, str], refresh: int
) -> Response:
    """Return a refusal as a page.

    Args:
        scope: The request.
        status: Its status.
        body: What a program would be told.
        headers: Headers that go with it.
        refresh: Seconds after which it looks again, if that can help.
    """
    error = str(body["error"])
    words = _OF_ERROR.get(error) or _OF_STATUS.get(status, _ELSE)
    told = str(body["message"]) if words.told is None else words.told
    request_id = str(scope.get("state", {}).get("request_id"))
    again = refresh if status in _LOOKS_AGAIN else None
    return sending.page(refusal(words.title, told, words.todo, request_id, again), status, headers)
