"""The application: its routes, what stands before them, and its OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.server import refusing
from etl_monitor_orm.server.door import Door
from etl_monitor_orm.server.intake import Gate, Logged, WholeBodies
from etl_monitor_orm.server.limits import Limits
from etl_monitor_orm.server.live.looking import looking
from etl_monitor_orm.server.refusals import Refusal
from etl_monitor_orm.server.routes import health, routes

DESCRIPTION: Final = (
    "Calls of the ETL monitor for whatever speaks HTTP. Arguments have the library's names; an empty text and null are "
    "the same as leaving an argument out. A refusal says what is wrong and what to do; nothing was written."
)


def make_app(monitor: ETLMonitor, limits: Limits | None = None) -> ASGIApp:
    """Return the application over a monitor, which stays the caller's to close.

    Args:
        monitor: Makes the calls.
        limits: How much it takes.
    """
    how_much = limits or Limits()
    inner = document(monitor, how_much)
    return Logged(Gate(WholeBodies(inner, how_much), monitor, how_much), how_much.refresh)


def document(monitor: ETLMonitor, limits: Limits) -> FastAPI:
    """Return the routes, and the OpenAPI document that `openapi()` writes, without what stands before them."""

    @asynccontextmanager
    async def working(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = limits.calls
        yield

    app = FastAPI(
        title="ETL monitor",
        version=version("etl-monitor-orm"),
        description=DESCRIPTION,
        lifespan=working,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Exception: refusing.by_defect,  # and then it is raised again, for the log
            EtlMonitorError: refusing.by_monitor,
            Refusal: refusing.by_door,
            RequestValidationError: refusing.by_shape,
            HTTPException: refusing.by_framework,
        },
    )
    app.include_router(health())
    app.include_router(looking(monitor, limits))
    app.include_router(routes(Door(monitor)))
    return app
