"""The routes of people: the page, and the files that it asks for."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.pages import TITLE
from etl_monitor_orm.pages.assets import assets
from etl_monitor_orm.pages.filters import Filters
from etl_monitor_orm.pages.living import Live
from etl_monitor_orm.pages.rendering import rendered
from etl_monitor_orm.server.limits import Limits
from etl_monitor_orm.server.live import sending
from etl_monitor_orm.server.live.keeping import Kept
from etl_monitor_orm.server.live.places import PAGE, STATIC
from etl_monitor_orm.server.refusals import Refusal
from etl_monitor_orm.services.overview.live import look
from etl_monitor_orm.tokens import Grant

_READ: Final = ["GET", "HEAD"]


def looking(monitor: ETLMonitor, limits: Limits) -> APIRouter:
    """Return the routes of the page.

    Args:
        monitor: Reads it.
        limits: How often it is read, and how much is kept.
    """
    router = APIRouter(include_in_schema=False)
    kept: Kept[Filters, tuple[str, str]] = Kept(min(limits.page_seconds, limits.refresh / 2), limits.pages)

    def made(filters: Filters) -> tuple[str, str]:
        seen = monitor._runtime.run(look, filters.look())
        text = rendered(seen.overview, TITLE, Live.of(seen, filters, limits.refresh))
        return text, sending.tag_of(text)

    @router.api_route(PAGE, methods=_READ)
    async def status(request: Request) -> Response:
        filters = _allowed(request)
        text, tag = await kept.get(filters, lambda: made(filters))
        if sending.is_known(tag, request.headers.get("if-none-match", "")):
            return sending.page("", 304, {"ETag": tag})
        return sending.page(text, 200, {"ETag": tag})

    @router.api_route("/", methods=_READ)
    async def start(request: Request) -> Response:
        return RedirectResponse(PAGE.removeprefix("/"))

    @router.api_route(f"{PAGE}/", methods=_READ)
    async def typed(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(f"..{PAGE}{query and f'?{query}'}")

    @router.api_route(f"{STATIC}{{name}}", methods=_READ)
    async def file(name: str) -> Response:
        if name not in assets():
            raise HTTPException(404)
        return sending.file(assets()[name])

    return router


def _allowed(request: Request) -> Filters:
    """Return what a request's token lets it see of what it wants.

    Raises:
        InvalidInput: A filter cannot be read.
        Refusal: The token is for another project.
    """
    grant: Grant = request.state.grant
    filters = Filters.read(request.query_params.multi_items(), grant.project_code)
    if grant.project_code is not None and filters.project not in (None, grant.project_code):
        raise Refusal(403, "Forbidden", "This token is for another project.", field="project_code")
    return filters
