"""The routes: one for each call, each view and each kind of ping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from inspect import Parameter, Signature, cleandoc
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Header, Path, Query, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field, Strict, create_model
from starlette.requests import Request
from starlette.responses import Response

from etl_monitor_orm import inputs, views
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.server import answers, bodies, pages
from etl_monitor_orm.server.arguments import ARGUMENTS, CLOSED
from etl_monitor_orm.server.calls import Call, calls
from etl_monitor_orm.server.door import Door, Work
from etl_monitor_orm.server.pings import Ping, take, taken_before
from etl_monitor_orm.server.refusals import in_the_body

_KEY: Final[Any] = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="A request that is repeated with the same key is done once, and answered alike.",
    ),
]
_OPTIONAL: Final = {"idempotency_key": None}
"""Parameters of endpoints that have a default."""
_ASKING: Final = (400, 401, 403, 404, 408, 413, 422, 429, 500, 503)
_REPORTING: Final = (*_ASKING, 409)


def health() -> APIRouter:
    """Return the route that needs no token."""
    router = APIRouter(tags=["health"])

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", operation_id="healthz", summary="Whether the server answers")
    async def healthz() -> answers.Health:
        return answers.Health(status="ok")

    return router


def routes(door: Door) -> APIRouter:
    """Return the routes that need a token."""
    bearer = HTTPBearer(
        auto_error=False, description="A token that `etl-monitor token make` made.", scheme_name="token"
    )
    router = APIRouter(dependencies=[Security(bearer)])
    for call in calls():
        _add(router, door, call)
    for name, (_, stored) in views.HOMES.items():
        _add_view(router, door, stored, getattr(views, name))
    _add_ping(router, door)
    return router


def _add(router: APIRouter, door: Door, call: Call) -> None:
    """Add a call's route: its arguments are the library's."""
    arguments = bodies.model(call.name, call.like, call.more or {})

    def reported(body: BaseModel, request: Request, idempotency_key: str | None) -> Response:
        if request.query_params:
            raise in_the_body(next(iter(request.query_params)))
        given = door.allowed(request, bodies.given(body), writes=True)
        found = call.found_done
        work = Work(
            call.name,
            given,
            call.do,
            None if found is None else lambda refusal, claim: found(claim),
            names_run=call.names_run,
        )
        return door.report(request, idempotency_key, work)

    def asked(query: BaseModel, request: Request) -> Response:
        given = door.allowed(request, bodies.given(query), writes=False)
        return door.ask(lambda: call.do(door.monitor, given))

    endpoint: Callable[..., Response] = reported if call.writes else asked
    if call.writes:
        _sign(endpoint, body=arguments, request=Request, idempotency_key=_KEY)
    else:
        _sign(endpoint, query=Annotated[arguments, Query()], request=Request)
    words = cleandoc(call.like.__doc__ or "")
    router.add_api_route(
        f"/v1/{call.name}",
        endpoint,
        methods=["POST" if call.writes else "GET"],
        operation_id=call.name,
        summary=call.name,
        description=words.partition("\n\n")[0],
        tags=["report" if call.writes else "ask"],
        response_model=None,
        responses={
            200: {"model": call.answer, "description": "Done."},
            **answers.refusals(*((*_REPORTING, 415) if call.writes else _ASKING)),
        },
    )


def _add_view(router: APIRouter, door: Door, stored: str, view: type[views.ViewBase]) -> None:
    """Add the route of a view."""
    arguments = bodies.chosen(stored, dict.fromkeys((*pages.filters(view), "limit", "after"), False))

    def asked(query: BaseModel, request: Request) -> Response:
        given = door.allowed(request, bodies.given(query), writes=False)
        return door.ask(lambda: pages.page(door.monitor, view, given))

    _sign(asked, query=Annotated[arguments, Query()], request=Request)
    router.add_api_route(
        f"/v1/views/{stored}",
        asked,
        methods=["GET"],
        operation_id=stored,
        summary=stored,
        description=f"{cleandoc(view.__doc__ or '')} Page by page, in the order of its keys.",
        tags=["views"],
        response_model=None,
        responses={200: {"model": answers.page(view), "description": "A page."}, **answers.refusals(*_ASKING)},
    )


_OF_PINGS: Final[dict[str, Any]] = {
    "rid": (ARGUMENTS["execution_id"] | None, None),
    "processing_date": (ARGUMENTS["processing_date"] | None, None),
    "claim": (ARGUMENTS["claim"] | None, None),
    "registers": (
        Annotated[
            Annotated[bool, Strict(False)] | Literal[""],
            Field(alias="register", description="Register what is unknown."),
        ],
        False,
    ),
}
_PingQuery: Final[Any] = create_model("PingQuery", __config__=CLOSED, **_OF_PINGS)


def _add_ping(router: APIRouter, door: Door) -> None:
    """Add the route of pings; their names are still percent-encoded, because one may have a slash in it."""

    def pinged(
        project: str,
        process: str,
        task: str,
        signal: str,
        query: Any,
        request: Request,
        idempotency_key: str | None,
    ) -> Response:
        names = {"project_code": _decoded("project", project), "process_load": _decoded("process", process)}
        allowed = door.allowed(request, names, writes=True)
        ping = Ping(
            allowed["project_code"],
            allowed["process_load"],
            _decoded("TASK", task),
            _decoded("signal", signal),
            query.rid or None,
            inputs.optional_day("processing_date", query.processing_date or None),
            query.claim or None,
            query.registers is True,
            request.state.body,
        )
        work = Work(
            "ping",
            asdict(ping),
            lambda monitor, _: take(monitor, ping),
            lambda refusal, claim: taken_before(ping, refusal, claim),
        )
        return door.report(request, idempotency_key, work)

    def part(meaning: str, example: str) -> Any:
        return Annotated[str, Path(description=meaning, examples=[example])]

    _sign(
        pinged,
        project=part("The project, percent-encoded.", "CORP"),
        process=part("The process, percent-encoded.", "NIGHTLY"),
        task=part("ID, PASS.ID, or the task's name, percent-encoded.", "Load%20employees"),
        signal=part("start, done, fail, or the exit status of a program.", "start"),
        query=Annotated[_PingQuery, Query()],
        request=Request,
        idempotency_key=_KEY,
    )
    router.add_api_route(
        "/p/{project}/{process}/{task}/{signal}",
        pinged,
        methods=["POST"],
        operation_id="ping",
        summary="ping",
        description=cleandoc(take.__doc__ or "").partition("\n\nRaises")[0],
        tags=["report"],
        response_model=None,
        responses={200: {"model": answers.Pinged, "description": "Done."}, **answers.refusals(*_REPORTING)},
        openapi_extra={
            "requestBody": {
                "description": "The tail of the program's log, of any media type; 2,000 characters are kept.",
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )


def _decoded(name: str, part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise InvalidInput(f"{name} is no UTF-8 text. Percent-encode it as UTF-8.") from None


def _sign(endpoint: Callable[..., Response], **parameters: Any) -> None:
    """Give an endpoint its parameters' types, which are made here and not written anywhere."""
    endpoint.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=_OPTIONAL.get(name, Parameter.empty))
            for name, kind in parameters.items()
        ]
    )
