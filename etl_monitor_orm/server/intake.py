"""What a request passes before its call is made: an id and a line in the log, a token, a rate, a whole body."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections import OrderedDict
from time import monotonic, perf_counter
from typing import Final, TypeVar
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.printable import named
from etl_monitor_orm.server.limits import Buckets, Limits
from etl_monitor_orm.server.live.places import STATIC, token_of
from etl_monitor_orm.server.refusals import SOON, Refusal, status_of
from etl_monitor_orm.server.refusing import defect, refused
from etl_monitor_orm.tokens import Grant, verified

_log = logging.getLogger("etl_monitor_orm.server")

OPEN: Final = ("/healthz", STATIC)
"""What needs no token: a path, or what it begins with."""

_ID: Final = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}", re.ASCII)
_PINGS: Final = "/p/"
_MOST_KEPT: Final = 1_000
"""Tokens of which the server knows whether they are right."""
_LONGEST_PATH: Final = 300
"""How much of a path the log shows."""

V = TypeVar("V")


class Logged:
    """Gives each request an id, and writes a line on it: no query, no header, no body.

    Args:
        app: What comes next.
        refresh: Seconds after which a page that refuses looks again.
    """

    def __init__(self, app: ASGIApp, refresh: int) -> None:
        self._app = app
        self._refresh = refresh

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else str(uuid4())
        scope.setdefault("state", {}).update(request_id=request_id, refresh=self._refresh)
        path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "backslashreplace").partition("?")[0]
        if path.startswith(_PINGS):
            scope["path"] = path  # decoded later, name by name: one may have a slash in it
        shown = named(path, _LONGEST_PATH)
        began = perf_counter()
        status = 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:
            _log.exception("%s %s %s failed", request_id, scope["method"], shown)
            if status == 0:
                await defect(scope)(scope, receive, sent)
        finally:
            grant: Grant | None = scope["state"].get("grant")
            who = "-" if grant is None else grant.token_id
            spent = (perf_counter() - began) * 1000
            _log.info("%s %s %s %s %.0fms %s", request_id, scope["method"], shown, status or "gone", spent, who)


class Gate:
    """Lets in who has a token, within its rate.

    Args:
        app: What comes next.
        monitor: Where tokens are looked up.
        limits: The rates.
    """

    def __init__(self, app: ASGIApp, monitor: ETLMonitor, limits: Limits) -> None:
        self._app = app
        self._monitor = monitor
        self._grants: OrderedDict[bytes, tuple[Grant, float]] = OrderedDict()
        self._kept = limits.grant_seconds
        self._rates = Buckets(limits.rate, limits.burst)
        self._refused = Buckets(limits.forgiven, limits.refusals)
        self._wrong: OrderedDict[bytes, float] = OrderedDict()
        self._waiting = limits.waiting
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._waiting:
            busy = Refusal(503, "Busy", "Too many requests wait. Make the request again.", retry_after=SOON)
            await refused(scope, busy)(scope, receive, send)
            return
        self._inside += 1
        try:
            scope["state"]["grant"] = await self._grant(scope)
        except Refusal as refusal:
            await refused(scope, refusal)(scope, receive, send)
            return
        except EtlMonitorError as error:
            # Nobody knows who asks, so the answer does not say where the database is, nor what is wrong with it.
            status, retry_after = status_of(error)
            _log.warning("%s %s", scope["state"]["request_id"], error)
            words = "Tokens cannot be looked up now. The server's log tells why, under this request_id."
            await refused(scope, Refusal(max(status, 500), "Unavailable", words, retry_after=retry_after))(
                scope, receive, send
            )
            return
        else:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    async def _grant(self, scope: Scope) -> Grant:
        """Return what the request's token allows.

        Raises:
            Refusal: There is none, or too many requests came with it.
            EtlMonitorError: The tokens cannot be looked up.
        """
        token = token_of(scope)
        address = (scope.get("client") or ("-",))[0]
        grant = None if token is None else await self._known(token, address)
        if grant is None:
            raise Refusal(
                401, "Unauthorized", "A valid token is needed. Send the header `Authorization: Bearer TOKEN`."
            )
        if (wait := self._rates.take(grant.token_id)) > 0:
            raise _too_many("requests came with this token", wait)
        return grant

    async def _known(self, token: str, address: str) -> Grant | None:
        """Return what a token allows; None if it is none.

        Wrong tokens keep no right one out: one that was right before is looked up whoever else asks from the address,
        and one that was wrong just now is not looked up again.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        kept = self._grants.get(digest)
        if kept is not None and monotonic() < kept[1]:
            return kept[0]
        if monotonic() < self._wrong.get(digest, 0.0):
            return None
        if kept is None and (wait := self._refused.wait(address)) > 0:
            raise _too_many("wrong tokens came from this address", wait)
        grant = await run_in_threadpool(verified, self._monitor, token)
        until = monotonic() + self._kept
        if grant is None:
            self._grants.pop(digest, None)
            self._refused.take(address)
            _keep(self._wrong, digest, until)
        else:
            _keep(self._grants, digest, (grant, until))
        return grant


def _is_open(path: str) -> bool:
    return any(path.startswith(one) if one.endswith("/") else path == one for one in OPEN)


def _keep(found: OrderedDict[bytes, V], digest: bytes, what: V) -> None:
    found[digest] = what
    found.move_to_end(digest)
    if len(found) > _MOST_KEPT:
        found.popitem(last=False)


def _too_many(what: str, wait: float) -> Refusal:
    return Refusal(429, "TooManyRequests", f"Too many {what}. Wait, and make the request again.", retry_after=wait)


class WholeBodies:
    """Waits for a request's whole body, for a while, and up to a size; only then the call begins.

    Args:
        app: What comes next.
        limits: The size and the time.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._read(scope, receive)
        except TimeoutError:
            slow = Refusal(408, "TooSlow", f"The body did not arrive within {self._limits.body_seconds:g} seconds.")
            await self._refuse(slow, scope, receive, send)
            return
        except Refusal as refusal:
            await self._refuse(refusal, scope, receive, send)
            return
        if body is None:
            return
        scope["state"]["body"] = body
        given = False

        async def replayed() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replayed, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body; None if the client is gone."""
        most = self._limits.body_bytes
        told_size = Headers(scope=scope).get("content-length", "0")
        if told_size.isdecimal() and int(told_size[:20]) > most:
            raise _too_large(most)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > most:
                raise _too_large(most)
            if not message.get("more_body", False):
                return bytes(body)

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        response = refused(scope, refusal)
        response.headers["Connection"] = "close"  # the rest of the body is not read
        await response(scope, receive, send)


def _too_large(most: int) -> Refusal:
    return Refusal(413, "TooLarge", f"The body is larger than {most} bytes. Send less; of a log, send its tail.")
