"""Requests that are sent again: the same idempotency key is executed once, and answered alike each time."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Final
from uuid import UUID, uuid5

from etl_monitor_orm import Claim, ETLMonitor, EtlMonitorError, InvalidTransition, inputs
from etl_monitor_orm.services import requests
from etl_monitor_orm.services.requests import Asked, Claimed, Stored
from etl_monitor_orm.tokens.continuing import found_done, standing_at

LONGEST_KEY: Final = 255
"""How many characters an idempotency key may have."""

_RUN_IDS: Final = UUID("6f1d3a0e-0e57-5d0c-9b1a-2b9f4c1f8a51")
_TIDY_EVERY: Final = timedelta(hours=1)
_AT_ONCE: Final = 500
"""About how many old requests one statement deletes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """An answer to a request.

    Attributes:
        status: Its HTTP status.
        body: Its body, as text.
        repeated: Whether it was given before; nothing was executed this time.
    """

    status: int
    body: str
    repeated: bool = False


@dataclass(frozen=True)
class Request:
    """A request to execute now.

    Attributes:
        monitor: Make the request's calls on this one: its clock stands at the time of this try, by which a later try
            recognises what this one did.
        run_id: An ExecutionID for a request that starts a run and names none: each try of it has the same.
        earlier: When earlier tries began (UTC) that gave no answer; nobody knows how far they got.
    """

    monitor: ETLMonitor
    run_id: str
    earlier: tuple[datetime, ...] = ()

    def done_before(self, refusal: InvalidTransition, reported: datetime | None = None) -> Claim | None:
        """Return the claim of a step that an earlier try of this request started or ended; None if none did.

        The process of that try was killed before it could answer, so this try's call is refused.

        Args:
            refusal: The refusal of this try's start or end.
            reported: The time that the request itself reports (`timestamp`), if it does.
        """
        if not self.earlier:
            return None
        return found_done(self.monitor, refusal, (*self.earlier, *([] if reported is None else [reported])))


class Requests:
    """The requests that a server answers (`ETLrequests`). One object serves all threads.

    Args:
        monitor: The monitor.
        kept: How long answers are kept. Older ones are deleted now and then, some hundred at a time.
    """

    def __init__(self, monitor: ETLMonitor, *, kept: timedelta = timedelta(days=1)) -> None:
        self._monitor = monitor
        self._kept = kept
        self._tidied: datetime | None = None
        self._lock = Lock()

    def remembered(self, token_id: str, key: str, digest: str, work: Callable[[Request], Answer]) -> Answer:
        """Execute a request, unless the same one was answered: then return that answer.

        Only what was done is remembered. If `work` raises an error, the same key may be sent again, and is executed: a
        refusal wrote nothing, and what was written before a connection broke can be recognised (`Request.done_before`).

        Args:
            token_id: The token's public id (`Grant.token_id`): two tokens may use the same key.
            key: The caller's idempotency key, at most 255 characters.
            digest: What is asked, as `digest_of` hashes it.
            work: Makes the calls and returns the answer.

        Raises:
            KeyReused: The key came with another request before.
            RequestInProgress: Another try is at work on it; ask again after `retry_after` seconds.
            InvalidInput: The key is empty or too long.
            EtlMonitorError: The database cannot be used, or `work` raised it.
        """
        key = inputs.text("Idempotency-Key", key, longest=LONGEST_KEY)
        asked = Asked(token_id, key, digest, secrets.token_hex(8))
        runtime = self._monitor._runtime
        claimed = runtime.run(requests.claim, asked)
        if isinstance(claimed, Stored):
            return Answer(claimed.status, claimed.body, repeated=True)
        self._tidy(claimed.at)
        try:
            given = work(self._request(asked, claimed))
        except BaseException:
            self._afterwards(lambda: runtime.run(requests.release, asked))
            raise
        self._afterwards(lambda: runtime.run(requests.answer, asked, Stored(given.status, given.body)))
        return given

    def forget(self) -> int:
        """Delete some hundred of the oldest answers that are kept no longer; return how many."""
        return self._monitor._runtime.run(requests.forget, self._kept, _AT_ONCE)

    def _request(self, asked: Asked, claimed: Claimed) -> Request:
        run_id = uuid5(_RUN_IDS, f"{asked.token_id}:{asked.key}")
        return Request(standing_at(self._monitor, claimed.at), str(run_id), claimed.earlier)

    def _tidy(self, now: datetime) -> None:
        """Delete old answers, if nobody did within the hour: a request pays for it, and never fails because of it."""
        with self._lock:
            if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
                return
            self._tidied = now
        self._afterwards(self.forget)

    def _afterwards(self, do: Callable[[], object]) -> None:
        """Do what the answer does not depend on: the request's own work is done, or its own error is on its way."""
        try:
            do()
        except EtlMonitorError as error:
            _log.warning("The table of answered requests could not be written: %s", error)


def digest_of(call: str, arguments: Mapping[str, object]) -> str:
    """Return what is compared of two requests with one key: the call and its arguments, in any order, hashed.

    Args:
        call: The name of the call.
        arguments: The request's JSON object.
    """
    text = json.dumps([call, arguments], sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return sha256(text.encode("utf-8")).hexdigest()
