"""`etl-monitor purge`: delete old runs, after a look at what would go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Annotated, Final

import typer

from etl_monitor_orm import PurgeReport, RunsOfDate
from etl_monitor_orm.cli.durations import duration
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import Column, print_json, print_table

OlderThan = Annotated[
    str, typer.Option("--older-than", metavar="DURATION", help="How old, such as 400d or 60w; at least 1d.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete it; without this option, nothing is deleted.")]


@dataclass(frozen=True)
class _OfProcess:
    """The runs of one process that go, or stay for one reason."""

    runs: Sequence[RunsOfDate]

    def total(self, of: str) -> int:
        return sum(getattr(one, of) for one in self.runs)


_GOING: Final = (
    Column[_OfProcess]("Process", lambda one: f"{one.runs[0].project_code} {one.runs[0].process_load}"),
    Column[_OfProcess]("From", lambda one: one.runs[0].processing_date),
    Column[_OfProcess]("To", lambda one: one.runs[-1].processing_date),
    Column[_OfProcess]("Dates", lambda one: len(one.runs)),
    Column[_OfProcess]("Runs", lambda one: one.total("runs")),
    Column[_OfProcess]("Steps", lambda one: one.total("steps")),
)
_STAYING: Final = (
    *_GOING[:4],
    Column[_OfProcess]("Why", lambda one: one.runs[0].reason),
)


def purge(
    older_than: OlderThan,
    yes: Yes = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show which old runs can go; with --yes, delete them.

    Unfinished runs stay, and so does the last good one of each process. You can run it again after it was stopped.
    """
    with opened(url, schema, catalog, reads=not yes) as monitor:
        report = monitor.purge(duration("--older-than", older_than), dry_run=not yes)
    if as_json:
        print_json(_plain(report))
    else:
        _show(report, older_than)


def _show(report: PurgeReport, older_than: str) -> None:
    if report.deleted:
        print_table([*_by_process(report.deleted)], _GOING, "Deleted" if report.done else "To delete")
    if report.kept:
        print_table([*_by_process(report.kept)], _STAYING, "Older, and kept")
    if report.is_empty:
        tell(f"There is nothing to delete: nothing else is older than {report.until:%Y-%m-%d %H:%M} UTC.")
        return
    others = (
        (report.receipts, "receipt", "receipts"),
        (report.breaches, "breach that ended", "breaches that ended"),
        (report.tokens, "token", "tokens"),
        (report.requests, "answered request", "answered requests"),
    )
    found = [f"{number} {one if number == 1 else many}" for number, one, many in others if number]
    if found:
        tell(f"{'Deleted' if report.done else 'To delete'} beside steps: {', '.join(found)}.")
    if not report.done:
        tell(f"Nothing was deleted. To delete this: `etl-monitor purge --older-than {older_than.strip()} --yes`.")


def _by_process(runs: Sequence[RunsOfDate]) -> Iterator[_OfProcess]:
    """Group runs, which are in the order of process and date, by process and reason."""
    ordered = sorted(runs, key=lambda one: (one.project_code, one.process_load, one.reason or ""))
    for _, group in groupby(ordered, key=lambda one: (one.process, one.reason)):
        yield _OfProcess([*group])


def _plain(report: PurgeReport) -> dict[str, object]:
    return {
        "until": report.until,
        "done": report.done,
        "deleted": [asdict(one) for one in report.deleted],
        "kept": [asdict(one) for one in report.kept],
        "receipts": report.receipts,
        "breaches": report.breaches,
        "tokens": report.tokens,
        "requests": report.requests,
    }
