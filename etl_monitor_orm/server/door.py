"""Makes a request's call: for whom it may be made, once for each idempotency key, and its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from etl_monitor_orm import inputs
from etl_monitor_orm.claims import Claim
from etl_monitor_orm.errors import InvalidTransition
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.server.answers import Answered
from etl_monitor_orm.server.refusals import Refusal, given_twice
from etl_monitor_orm.tokens import Answer, Grant, Requests, digest_of
from etl_monitor_orm.tokens import Request as Try
from etl_monitor_orm.vocabulary import TokenScope


@dataclass(frozen=True)
class Work:
    """A call that writes.

    Attributes:
        name: What is asked, to tell whether an idempotency key is used for another request.
        given: Its arguments.
        do: Makes the call on a monitor, with arguments.
        found_done: The answer where an earlier try of the request did it, and was killed before it could answer.
        names_run: Whether it starts a run, with an id of its own if none is given.
    """

    name: str
    given: Mapping[str, Any]
    do: Callable[[ETLMonitor, Mapping[str, Any]], Answered]
    found_done: Callable[[InvalidTransition, Claim], Answered] | None = None
    names_run: bool = False


class Door:
    """Makes calls of the monitor for requests.

    Args:
        monitor: The monitor.
    """

    def __init__(self, monitor: ETLMonitor) -> None:
        self.monitor = monitor
        self._requests = Requests(monitor)

    def allowed(self, request: Request, given: Mapping[str, Any], *, writes: bool) -> dict[str, Any]:
        """Return the arguments of a call that the request's token allows: within its project, if it has one.

        Raises:
            Refusal: It does not, or the query has an argument twice.
        """
        asked = [name for name, _ in request.query_params.multi_items()]
        if len({*asked}) < len(asked):
            raise given_twice(next(name for name in asked if asked.count(name) > 1))
        grant: Grant = request.state.grant
        if writes and grant.scope != TokenScope.REPORT:
            raise Refusal(403, "Forbidden", "This token may only read. Use one with the scope report.")
        only = grant.project_code
        if only is not None and given.get("project_code", only) != only:
            raise Refusal(403, "Forbidden", "This token is for another project.", field="project_code")
        allowed = dict(given) if only is None else {**given, "project_code": only}
        request.state.given = allowed
        return allowed

    def ask(self, do: Callable[[], Answered]) -> Response:
        """Make a call that only reads."""
        return _response(_answer(do()))

    def report(self, request: Request, key: str | None, work: Work) -> Response:
        """Make a call that writes; with an idempotency key, only if it was not made before."""
        if key is None:
            return _response(_answer(work.do(self.monitor, work.given)))
        digest = digest_of(work.name, work.given)
        return _response(
            self._requests.remembered(request.state.grant.token_id, key, digest, lambda one: _tried(work, one))
        )


def _tried(work: Work, one: Try) -> Answer:
    given = {"execution_id": one.run_id, **work.given} if work.names_run else work.given
    try:
        return _answer(work.do(one.monitor, given))
    except InvalidTransition as refusal:
        if work.found_done is None:
            raise
        claim = one.done_before(refusal, inputs.optional_moment("timestamp", given.get("timestamp")))
        if claim is None:
            raise
        return _answer(work.found_done(refusal, claim))


def _answer(body: Answered) -> Answer:
    return Answer(200, json.dumps(body, ensure_ascii=False, allow_nan=False))


def _response(answer: Answer) -> Response:
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else None
    return Response(answer.body, answer.status, headers, media_type="application/json")
