"""An outage: said once, and not asked again and again how it is, because each try may cost a load half a minute."""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import Final

from etl_monitor_orm.errors import EtlMonitorError, is_away
from etl_monitor_orm.printable import one_line


def briefly(error: BaseException) -> str:
    """Return the first sentence of an error: what happened, without what helps where nobody goes on."""
    return one_line(str(error)).partition(". ")[0].rstrip(".") + "."


_log: Final = logging.getLogger("etl_monitor_orm")

_CHEAP: Final = 0.05
"""Seconds: after a try that took less, the next call tries again."""
_SHARE: Final = 10
"""After one that took longer, recorded calls go without a try for this many times as long."""
_LONGEST: Final = 300.0
"""Seconds that they go without a try at most."""


class Outage:
    """What a monitor remembers while its database is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_on = False
        self._said_not_kept = False
        self._not_before = 0.0

    def rests(self) -> bool:
        """Return whether a call that is recorded should not try the database yet."""
        return self._is_on and monotonic() < self._not_before

    def began(self, error: EtlMonitorError, seconds: float, *, keeps: bool) -> None:
        """Note a try that failed, and how long it took; say so if it is the first.

        Args:
            error: What is in the way.
            seconds: How long the try took.
            keeps: Whether calls are kept meanwhile, as far as anybody knows.
        """
        with self._lock:
            known, self._is_on = self._is_on, True
            if seconds > _CHEAP:
                self._not_before = monotonic() + min(_LONGEST, seconds * _SHARE)
        if not known:
            what = "The monitor is away" if is_away(error) else "The monitor cannot record now"
            how = "what it is told is kept in the journal" if keeps else "what it is told is not recorded"
            _log.warning("%s, so %s. %s", what, how, briefly(error))

    def not_kept(self, trouble: EtlMonitorError) -> None:
        """Say once that the journal cannot keep calls."""
        with self._lock:
            known, self._said_not_kept = self._said_not_kept, True
        if not known:
            _log.error("The journal keeps no calls while the monitor is away. %s", one_line(str(trouble)))

    def ended(self) -> None:
        """Note that the database answered."""
        if not self._is_on:
            return
        with self._lock:
            self._is_on = self._said_not_kept = False
            self._not_before = 0.0
        _log.info("The monitor is back.")
