"""Answers that refuse: one form for the library's errors, the door's own, and what the framework refuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from math import ceil
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from etl_monitor_orm.errors import EtlMonitorError, ProcessNotFound
from etl_monitor_orm.printable import named
from etl_monitor_orm.server import bodies
from etl_monitor_orm.server.arguments import ARGUMENTS
from etl_monitor_orm.server.live import refusing as pages
from etl_monitor_orm.server.live.places import challenge, is_page
from etl_monitor_orm.server.refusals import Refusal, no_json, status_of, told
from etl_monitor_orm.tokens import Grant

_log = logging.getLogger("etl_monitor_orm.server")

ARGUMENT_NAMES: Final = (*ARGUMENTS, "project", "process", "TASK", "signal", "register", "rid", "Idempotency-Key")
"""What a message may name."""
_NAMES = {400: "MalformedRequest", 404: "NoSuchRoute", 405: "MethodNotAllowed"}
_ROUTES = {
    404: "There is no such route. /openapi.json lists the routes; a ping is /p/PROJECT/PROCESS/TASK/SIGNAL.",
    405: "The route has another method. POST what writes, GET what asks.",
}


def answer(
    scope: MutableMapping[str, Any], status: int, body: Mapping[str, object], retry_after: float | None
) -> Response:
    """Return a refusal, with the request's id; to a browser that wants a page, as one."""
    headers = {} if retry_after is None else {"Retry-After": str(max(1, ceil(retry_after)))}
    if status == 401:
        headers["WWW-Authenticate"] = challenge(scope)
    if is_page(scope):
        return pages.page(scope, status, body, headers, scope["state"]["refresh"])
    return JSONResponse({**body, "request_id": scope.get("state", {}).get("request_id")}, status, headers)


def refused(scope: MutableMapping[str, Any], refusal: Refusal) -> Response:
    """Return the answer to what the door refuses itself."""
    body = {"error": refusal.error, "message": str(refusal)}
    if refusal.field is not None:
        body["field"] = refusal.field
    return answer(scope, refusal.status, body, refusal.retry_after)


def defect(scope: MutableMapping[str, Any]) -> Response:
    """Return the answer where something failed that nobody foresaw; its words may be anything, so the log has them."""
    words = "The server has a defect. Its log tells more under this request_id."
    return answer(scope, 500, {"error": "Defect", "message": words}, None)


async def by_monitor(request: Request, error: Exception) -> Response:
    """Answer what the monitor refuses, or cannot do now."""
    assert isinstance(error, EtlMonitorError)
    status, retry_after = status_of(error)
    if status >= 500:
        _log.warning("%s %s", request.scope["state"]["request_id"], error)
    words = told(error, ARGUMENT_NAMES, getattr(request.state, "given", {}))
    grant: Grant = request.state.grant
    if grant.project_code is not None and isinstance(error, ProcessNotFound):
        # The library names what there is, in all projects.
        words["message"] = f"{error.process or named(grant.project_code)} is not registered, or has no process."
    return answer(request.scope, status, words, retry_after)


async def by_defect(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw."""
    return defect(request.scope)


async def by_door(request: Request, error: Exception) -> Response:
    """Answer what the door refuses."""
    assert isinstance(error, Refusal)
    return refused(request.scope, error)


async def by_shape(request: Request, error: Exception) -> Response:
    """Answer arguments of a wrong shape, and what is no JSON."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return answer(request.scope, 400, {"error": _NAMES[400], "message": "The body is no JSON."}, None)
    sent = request.headers.get("content-type", "")
    if first["loc"] == ("body",) and "json" not in sent.lower() and request.state.body:
        return refused(request.scope, no_json(sent))
    field, words = bodies.told(error.errors())
    return answer(request.scope, 422, {"error": "InvalidInput", "message": words, "field": field}, None)


async def by_framework(request: Request, error: Exception) -> Response:
    """Answer an unknown route, a wrong method, and what cannot be read at all."""
    assert isinstance(error, HTTPException)
    name = _NAMES.get(error.status_code, "Refused")
    words = _ROUTES.get(error.status_code, f"{error.detail}.")
    found = answer(request.scope, error.status_code, {"error": name, "message": words}, None)
    found.headers.update(error.headers or {})
    return found
