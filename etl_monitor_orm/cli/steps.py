"""`etl-monitor task …`: start, end and fail a step, and keep it alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from etl_monitor_orm import ETLMonitor, InvalidInput, TaskHandle, inputs
from etl_monitor_orm.cli import texts
from etl_monitor_orm.cli.addresses import Address, OfRun, OfTask, OnDate
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.printable import quoted

task = group("Start, end and fail a step of a run.")

Attempt = Annotated[int | None, typer.Option("--attempt", metavar="NUMBER", help="The attempt [default: the current].")]
Takeover = Annotated[
    bool, typer.Option("--takeover", help="Start it although it is recorded as running: its worker is gone.")
]
SourceType = Annotated[
    str | None, typer.Option("--source-type", metavar="TYPE", help="Kind of job, if not the task's.")
]
SourceRun = Annotated[str | None, typer.Option("--source-run-id", metavar="ID", help="The job's own run id.")]
Cluster = Annotated[str | None, typer.Option("--cluster-id", metavar="ID", help="Cluster that does the work.")]
When = Annotated[
    str | None,
    typer.Option("--timestamp", metavar="TIME", help="The real time, by the job's clock, with its offset or in UTC."),
]
ByClaim = Annotated[
    str | None,
    typer.Option(
        "--claim",
        metavar="CLAIM",
        help="What `task start` printed: this start of the step and no other [default: ETL_MONITOR_CLAIM].",
    ),
]
Message = Annotated[str | None, typer.Option("--message", metavar="TEXT", help="The message; - is standard input.")]
Code = Annotated[str | None, typer.Option("--code", metavar="TEXT", help="The message's code.")]
Kind = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="The message's severity: INFO or WARN.")]
Advance = Annotated[str | None, typer.Option("--advance", metavar="VALUE", help="New value of the task's watermark.")]
Hold = Annotated[bool, typer.Option("--hold", help="Leave the task's watermark where it is.")]


RowCount = Annotated[str | None, typer.Option("--rows", metavar="NUMBER", help="How many rows it loaded.")]
ByteCount = Annotated[str | None, typer.Option("--bytes", metavar="NUMBER", help="How many bytes it loaded.")]
Measures = Annotated[
    list[str] | None, typer.Option("--measure", metavar="NAME=NUMBER", help="What else it measured; can be repeated.")
]


@dataclass(frozen=True)
class _Step:
    """A step as the calls take it."""

    handle: TaskHandle
    claim: str | None

    @classmethod
    def read(
        cls, monitor: ETLMonitor, words: list[str] | None, run: str | None, date: str | None, claim: str | None = None
    ) -> _Step:
        if claim is not None and not claim.strip():
            raise InvalidInput("--claim is empty. Pass what `task start` printed; it prints nothing if it fails.")
        address = Address.read(words, own=1, run=run, on=date)
        word, its_claim = address.task()
        return cls(address.step(monitor, word), its_claim if claim is None else claim)

    @property
    def key(self) -> tuple[str, str, str, int]:
        of = self.handle
        return of.execution_id, of.project_code, of.process_load, of.task_id

    def print(self, word: str, /, *, as_json: bool, **more: object) -> None:
        """Print what became of it: for people, one word."""
        if not as_json:
            typer.echo(word)
            return
        print_json(
            {
                "execution_id": self.handle.execution_id,
                "project_code": self.handle.project_code,
                "process_load": self.handle.process_load,
                "processing_date": self.handle.processing_date,
                "workflow_id": self.handle.workflow_id,
                "task_id": self.handle.task_id,
                **more,
            }
        )


@task.command()
def start(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    attempt: Attempt = None,
    takeover: Takeover = False,
    source_type: SourceType = None,
    source_run_id: SourceRun = None,
    cluster_id: Cluster = None,
    timestamp: When = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Start a queued step, and print the claim to it.

    If two workers try, one succeeds. Pass the claim to `task end` or `task fail`, so that only this start is ended.
    """
    with opened(url, schema, catalog) as monitor:
        step = _Step.read(monitor, words, run, date)
        claim = monitor.start_task(
            *step.key,
            workflow_id=step.handle.workflow_id,
            processing_date=step.handle.processing_date,
            attempts=attempt,
            source_type=source_type,
            source_run_id=source_run_id,
            timestamp=timestamp,
            cluster_id=cluster_id,
            takeover=takeover,
        )
        step.print(str(claim), as_json=as_json, attempts=claim.attempts, started=claim.started, claim=str(claim))


@task.command()
def end(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    attempt: Attempt = None,
    claim: ByClaim = None,
    message: Message = None,
    code: Code = None,
    kind: Kind = None,
    advance: Advance = None,
    hold: Hold = False,
    timestamp: When = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """End a step as DONE, which moves its watermark."""
    with opened(url, schema, catalog) as monitor:
        step = _Step.read(monitor, words, run, date, claim)
        monitor.end_task(
            *step.key,
            workflow_id=step.handle.workflow_id,
            processing_date=step.handle.processing_date,
            attempts=attempt,
            log_message=texts.optional(message),
            log_type=kind,
            log_code=code,
            timestamp=timestamp,
            claim=step.claim,
            advance=advance,
            hold=hold,
        )
        step.print("DONE", as_json=as_json, status="DONE")


@task.command()
def fail(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    attempt: Attempt = None,
    claim: ByClaim = None,
    message: Message = None,
    code: Code = None,
    timestamp: When = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """End a step as FAIL."""
    with opened(url, schema, catalog) as monitor:
        step = _Step.read(monitor, words, run, date, claim)
        monitor.fail_task(
            *step.key,
            workflow_id=step.handle.workflow_id,
            processing_date=step.handle.processing_date,
            attempts=attempt,
            log_message=texts.optional(message),
            log_code=code,
            timestamp=timestamp,
            claim=step.claim,
        )
        step.print("FAIL", as_json=as_json, status="FAIL")


@task.command()
def heartbeat(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    attempt: Attempt = None,
    claim: ByClaim = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Give a sign of life of a running step."""
    with opened(url, schema, catalog) as monitor:
        step = _Step.read(monitor, words, run, date, claim)
        monitor.heartbeat_task(
            *step.key,
            workflow_id=step.handle.workflow_id,
            processing_date=step.handle.processing_date,
            attempts=attempt,
            claim=step.claim,
        )
        step.print("RUNNING", as_json=as_json, status="RUNNING")


@task.command()
def measure(
    words: OfTask = None,
    rows: RowCount = None,
    size: ByteCount = None,
    more: Measures = None,
    run: OfRun = None,
    date: OnDate = None,
    attempt: Attempt = None,
    claim: ByClaim = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Note what an attempt measured: rows, bytes, or what you name.

    A measure that the attempt has already gets the new value.
    """
    with opened(url, schema, catalog) as monitor:
        read = _measured(rows, size, more)
        step = _Step.read(monitor, words, run, date, claim)
        monitor.measure_task(
            *step.key,
            read,
            workflow_id=step.handle.workflow_id,
            processing_date=step.handle.processing_date,
            attempts=attempt,
            claim=step.claim,
        )
        step.print("NOTED", as_json=as_json, measures=read)


def _measured(rows: str | None, size: str | None, more: list[str] | None) -> dict[str, int]:
    told = dict(_named_measure(one) for one in more or ())
    told |= {name: value for name, value in (("rows", rows), ("bytes", size)) if value is not None}
    if not told:
        raise InvalidInput("Nothing was measured. Give --rows, --bytes or --measure NAME=NUMBER.")
    return inputs.measures("--measure", told)


def _named_measure(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise InvalidInput(f"--measure is {quoted(text)}. Write it as NAME=NUMBER.")
    return name.strip(), value


@task.command()
def skip(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Leave a task out of its run.

    It is offered nowhere and blocks nothing. The next run includes it.
    """
    _set_skipped(True, words, run, date, (url, schema, catalog), as_json)


@task.command()
def unskip(
    words: OfTask = None,
    run: OfRun = None,
    date: OnDate = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Include a skipped task in its run again."""
    _set_skipped(False, words, run, date, (url, schema, catalog), as_json)


def _set_skipped(
    skipped: bool,
    words: list[str] | None,
    run: str | None,
    date: str | None,
    database: tuple[str | None, str | None, str | None],
    as_json: bool,
) -> None:
    with opened(*database) as monitor:
        step = _Step.read(monitor, words, run, date)
        of = step.handle
        change = monitor.skip_task if skipped else monitor.unskip_task
        change(*step.key, workflow_id=of.workflow_id, processing_date=of.processing_date)
        step.print("SKIPPED" if skipped else "INCLUDED", as_json=as_json, force_skip=skipped)
