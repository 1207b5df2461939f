"""Calls that take care of the monitor's own tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.examining import Finding, examine
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.schemas import schema_of
from etl_monitor_orm.services import purging
from etl_monitor_orm.services.old_runs import RunsOfDate

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class PurgeReport:
    """What a purge deleted, or would delete.

    Attributes:
        until: What did not change since then is old (UTC).
        deleted: The runs that go, by process and date.
        kept: Old runs that stay, each with its reason: `unfinished`, `last good` for the latest date on which a process
            was complete, `changed since`, `deadline`, where an evaluation still asks whether they were in time, or
            `this period`, where a weekly, monthly or yearly task is done in its period.
        receipts: Old receipts of `ETLsysLogs` that go.
        breaches: Breaches that go: they ended long ago.
        tokens: Tokens that go: they expired or were revoked.
        requests: Answered requests that go.
        done: Whether they were deleted; not so in a dry run.
    """

    until: datetime
    deleted: Rows[RunsOfDate]
    kept: Rows[RunsOfDate]
    receipts: int
    breaches: int
    tokens: int
    requests: int
    done: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to delete."""
        return not (self.deleted or self.receipts or self.breaches or self.tokens or self.requests)


class CareCalls(Calls):
    """Keeps the tables small and sound."""

    def purge(self, older_than: timedelta | float, *, dry_run: bool = False) -> PurgeReport:
        """Delete old runs: their steps, receipts and measures (`ETLProcessingSteps`, `ETLsysLogs`, `ETLmetrics`).

        A run is old if its processing date is before that time and nothing of it changed since. All runs of a process
        and date go together or stay together. Unfinished ones stay, and so does the latest date on which a process was
        complete, and what deadlines are still judged by. Old receipts of no run go too, except those of an adoption;
        and so do breaches and tokens that ended before, and requests that were answered before (`ETLbreaches`,
        `ETLtokens`, `ETLrequests`). The catalogue stays.

        It works in parts, each of them whole; a call that was stopped is completed by the next one.

        Args:
            older_than: Age in seconds, or a timedelta; at least one day.
            dry_run: Whether to delete nothing, and return what would be deleted.

        Returns:
            What was deleted and kept.

        Raises:
            InvalidInput: The age cannot be read, is less than a day, or leads out of the calendar.

        Example:
            `monitor.purge(timedelta(days=400), dry_run=True).deleted`
        """
        age, dry = inputs.span("older_than", older_than), inputs.boolean("dry_run", dry_run)
        at_once = self._runtime.one_reading()
        plan = at_once.run(purging.plan, age)
        report = PurgeReport(
            plan.until,
            Rows(RunsOfDate, (one for one in plan.old if one.reason is None)),
            Rows(RunsOfDate, (one for one in plan.old if one.reason)),
            sum(one.rows for one in plan.receipts),
            plan.breaches,
            plan.tokens,
            plan.requests,
            done=not dry,
        )
        if dry or report.is_empty:
            return report
        receipts = sum(at_once.run(purging.delete_receipts, plan.until, one) for one in plan.receipts)
        parts = [at_once.run(purging.delete_runs, plan.until, part) for part in plan.parts]
        breaches = at_once.run(purging.delete_breaches, plan.until) if plan.breaches else 0
        tokens = requests = 0
        if plan.tokens or plan.requests:
            tokens, requests = at_once.run(purging.delete_access, plan.until)
        deleted = Rows(RunsOfDate, (one for part in parts for one in part))
        return replace(report, deleted=deleted, receipts=receipts, breaches=breaches, tokens=tokens, requests=requests)

    def doctor(self, *, stale_after: timedelta | float = _HOUR) -> Rows[Finding]:
        """Look at what the monitor needs, and return what was found, each with the next command; nothing is written.

        It looks at the connection, the clock of the database and this machine's, the revision of the tables, how they
        differ from what this version expects, running steps that have gone quiet, and rows that belong to nothing:
        tasks and parameters without their process, tasks without their stage or watermark, steps of unknown tasks. Of
        steps it reads the last 35 days.

        Args:
            stale_after: Seconds, or a timedelta, after which a running step without a sign of life has gone quiet.

        Returns:
            At least one row a check; where one fails that others need, those are missing.

        Raises:
            InvalidInput: `stale_after` cannot be read.
            EtlMonitorError: The database was reached, and refused a question.

        Example:
            `[finding.words for finding in monitor.doctor() if finding.state == "problem"]`
        """
        quiet = inputs.span("stale_after", stale_after)
        return Rows(Finding, examine(self._runtime.one_reading(), schema_of(self._runtime.units.engine), quiet))
