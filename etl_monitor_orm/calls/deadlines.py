"""Calls that say what is late."""

from __future__ import annotations

from datetime import timedelta

from etl_monitor_orm import inputs, views
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.deadlines.evaluating import QUIET_AFTER
from etl_monitor_orm.models import Breach
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import breaches
from etl_monitor_orm.services.scopes import Processes


class DeadlineCalls(Calls):
    """Evaluates deadlines: what is late, since when, and what waits for it."""

    def evaluate(self, *, quiet_after: float | timedelta = QUIET_AFTER) -> Rows[Breach]:
        """Evaluate all deadlines, open a breach for what is late, and close those that ended (`ETLbreaches`).

        A breach is opened once and closed once, by whoever evaluates first. What was late and ended since the last
        evaluation gets a row too, which is closed from the start. Call it as often as people should learn what is
        late, such as every five minutes. It looks 35 days back.

        Args:
            quiet_after: How long a running step may give no sign of life, in seconds or as a timedelta; one without
                heartbeats that has an expected duration is late after that instead.

        Returns:
            The breaches that this call opened or closed, the earliest first.

        Raises:
            InvalidInput: An argument cannot be read.

        Example:
            `[breach.message for breach in monitor.evaluate() if breach.closed_on is None]`
        """
        return Rows(Breach, self._runtime.run(breaches.evaluate, inputs.span("quiet_after", quiet_after)))

    def overdue(
        self,
        project_code: str | None = None,
        process_load: str | None = None,
        *,
        evaluate: bool = True,
        quiet_after: float | timedelta = QUIET_AFTER,
    ) -> Rows[views.Overdue]:
        """Return what is late now (`v_overdue`); evaluates all deadlines first, as `evaluate` does.

        Args:
            project_code: Only this project.
            process_load: Only this process of it.
            evaluate: Whether to evaluate first; else the answer is as of the last evaluation, and nothing is written.
            quiet_after: As of `evaluate`.

        Returns:
            One row a breach, the longest late first: what is late, since when, whom to ask, and what waits for it.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
            InvalidInput: An argument cannot be read.
        """
        processes = Processes.read(project_code, process_load)
        quiet = inputs.span("quiet_after", quiet_after)
        at_once = self._runtime.one_reading()
        if inputs.boolean("evaluate", evaluate):
            at_once.run(breaches.evaluate, quiet)
        return Rows(views.Overdue, at_once.run(breaches.overdue, processes))
