"""`etl-monitor register …`: describe what should run."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import ColumnElement, select

from etl_monitor_orm import ETLMonitor, Holiday, inputs
from etl_monitor_orm import Organisation as OrganisationRow
from etl_monitor_orm import Parameter as ParameterRow
from etl_monitor_orm import Process as ProcessRow
from etl_monitor_orm import Project as ProjectRow
from etl_monitor_orm import SequenceStage as StageRow
from etl_monitor_orm import Task as TaskRow
from etl_monitor_orm.calls.described import NOT_GIVEN, NotGiven
from etl_monitor_orm.cli import texts
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Process, Project, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.models.selecting import of_process, of_task
from etl_monitor_orm.printable import named
from etl_monitor_orm.reporting.task_words import TaskWord
from etl_monitor_orm.services.entries import Kind

register = group("Register what should run, or update its description.")

TaskNumber = Annotated[str, typer.Argument(metavar="[PASS.]ID", help="The task's number; pass 1 if none is given.")]
ParameterName = Annotated[str, typer.Argument(metavar="NAME", help="The parameter's name.")]
ParameterType = Annotated[
    str, typer.Argument(metavar="TYPE", help="DELTA_DATE, DELTA_ID, FLAG, or SYSTEM for SYSDT alone.")
]
StageNumber = Annotated[int, typer.Argument(metavar="ID", help="The stage's position, 10 or above.")]
StageCode = Annotated[str, typer.Argument(metavar="CODE", help="The stage's short code.")]
TaskName = Annotated[str, typer.Option("--name", metavar="TEXT", help="Name for people.")]
Stage = Annotated[int, typer.Option("--sequence", metavar="ID", help="The task's stage.")]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Name for people.")]
Description = Annotated[
    str | None, typer.Option("--description", metavar="TEXT", help="What it is for; - is standard input.")
]
Owner = Annotated[str | None, typer.Option("--owner", metavar="TEXT", help="Person or team to ask.")]
Frequency = Annotated[str | None, typer.Option("--frequency", metavar="LETTER", help="D, W, M, Y, or A for ad hoc.")]
SourceType = Annotated[str | None, typer.Option("--source-type", metavar="TYPE", help="Kind of job.")]
Source = Annotated[str | None, typer.Option("--source", metavar="TEXT", help="Which job: a name, a path, an id.")]
OwnWatermark = Annotated[str | None, typer.Option("--watermark", metavar="NAME", help="The task's watermark.")]
Mandatory = Annotated[bool | None, typer.Option("--mandatory/--optional", help="Whether its failure blocks the rest.")]
Expected = Annotated[
    str | None, typer.Option("--expected-seconds", metavar="NUMBER", help="Longest acceptable duration.")
]
DueBy = Annotated[
    str | None,
    typer.Option("--due-by", metavar="TIME", help="Local time and zone by which each date must be done."),
]
LateAfter = Annotated[
    str | None, typer.Option("--late-after", metavar="SECONDS", help="Longest acceptable time without a success.")
]
Calendar = Annotated[
    str | None, typer.Option("--calendar", metavar="DAYS", help="Dates on which it is due, such as Mon-Fri.")
]
ListName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list; calendars refer to it.")]
Days = Annotated[list[str], typer.Argument(metavar="DAY", help="Days on which nothing is due, as YYYY-MM-DD.")]
FirstInt = Annotated[int | None, typer.Option("--value-int", metavar="NUMBER", help="First value of a DELTA_ID.")]
FirstTime = Annotated[
    str | None,
    typer.Option("--value-datetime", metavar="TIME", help="First value of a DELTA_DATE or of SYSDT, in UTC."),
]
FirstBit = Annotated[bool | None, typer.Option("--value-bit/--no-value-bit", help="First value of a FLAG.")]
AdvanceMode = Annotated[str | None, typer.Option("--advance-mode", metavar="MODE", help="AUTOMATIC or MANUAL.")]
Lag = Annotated[
    str | None, typer.Option("--lag-seconds", metavar="NUMBER", help="How far DONE leaves a DELTA_DATE behind.")
]
FileMask = Annotated[
    str | None, typer.Option("--file-mask", metavar="TEXT", help="File that it waits for, without date and extension.")
]
FileExtension = Annotated[str | None, typer.Option("--file-extension", metavar="TEXT", help="Extension, with its dot.")]
InPath = Annotated[str | None, typer.Option("--in-path", metavar="FOLDER", help="Where that file arrives.")]
OutPath = Annotated[str | None, typer.Option("--out-path", metavar="FOLDER", help="Where to put what is made of it.")]
OrganisationCode = Annotated[str, typer.Argument(metavar="CODE", help="The organisation's short code.")]
Owned = Annotated[str, typer.Option("--name", metavar="TEXT", help="Name for people.")]
OfOrganisation = Annotated[
    str | None, typer.Option("--organisation", metavar="CODE", help="Organisation that owns the project.")
]
SortOrder = Annotated[str | None, typer.Option("--sort-order", metavar="NUMBER", help="Order in listings.")]


@register.command("process")
def process_(
    project: Project,
    process: Process,
    name: Name = None,
    description: Description = None,
    owner: Owner = None,
    frequency: Frequency = None,
    due_by: DueBy = None,
    late_after: LateAfter = None,
    calendar: Calendar = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register a process, or update its description.

    An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.register_process(
            project,
            process,
            name=_given(name),
            description=_given(description),
            owner=_given(owner),
            load_frequency=_given(frequency),
            due_by=_given(due_by),
            late_after=_number("--late-after", late_after),
            calendar=_given(calendar),
        )
        _say(
            monitor,
            ProcessRow,
            of_process(inputs.process(project, process), ProcessRow),
            f"{project}/{process}",
            as_json,
        )


@register.command()
def task(
    project: Project,
    process: Process,
    number: TaskNumber,
    name: TaskName,
    sequence: Stage,
    source_type: SourceType = None,
    source: Source = None,
    watermark: OwnWatermark = None,
    description: Description = None,
    frequency: Frequency = None,
    mandatory: Mandatory = None,
    expected_seconds: Expected = None,
    file_mask: FileMask = None,
    file_extension: FileExtension = None,
    in_path: InPath = None,
    out_path: OutPath = None,
    due_by: DueBy = None,
    late_after: LateAfter = None,
    calendar: Calendar = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register a task, or update its description.

    An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        workflow_id, task_id = TaskWord.read(number).numbers
        monitor.register_task(
            project,
            process,
            task_id,
            workflow_id,
            sequence,
            name,
            source_type=_given(source_type),
            source_identifier=_given(source),
            source_system_code=_given(watermark),
            task_description=_given(description),
            load_frequency=_given(frequency),
            task_mandatory=NOT_GIVEN if mandatory is None else mandatory,
            expected_duration_seconds=_number("--expected-seconds", expected_seconds),
            file_name_mask=_given(file_mask),
            file_extension=_given(file_extension),
            in_file_path=_given(in_path),
            out_file_path=_given(out_path),
            due_by=_given(due_by),
            late_after=_number("--late-after", late_after),
            calendar=_given(calendar),
        )
        key = inputs.task(project, process, task_id, workflow_id)
        _say(monitor, TaskRow, of_task(key), f"Task {workflow_id}.{task_id} of {project}/{process}", as_json)


@register.command()
def parameter(
    project: Project,
    process: Process,
    name: ParameterName,
    kind: ParameterType,
    description: Description = None,
    value_int: FirstInt = None,
    value_datetime: FirstTime = None,
    value_bit: FirstBit = None,
    advance_mode: AdvanceMode = None,
    lag_seconds: Lag = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register a parameter with its first value, or update its description.

    A parameter that exists keeps its value. An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.register_parameter(
            project,
            process,
            name,
            kind,
            description=_given(description),
            value_datetime=value_datetime,
            value_int=value_int,
            value_bit=value_bit,
            advance_mode=_given(advance_mode),
            lag_seconds=_number("--lag-seconds", lag_seconds),
        )
        which = (*of_process(inputs.process(project, process), ParameterRow), ParameterRow.parameter_name == name)
        _say(monitor, ParameterRow, which, f"Parameter {name} of {project}/{process}", as_json)


@register.command()
def stage(
    number: StageNumber,
    code: StageCode,
    name: Name = None,
    description: Description = None,
    sort_order: SortOrder = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register your own stage, or update its description.

    An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.register_sequence(
            number,
            code,
            name=_given(name),
            description=_given(description),
            sort_order=_number("--sort-order", sort_order),
        )
        _say(monitor, StageRow, (StageRow.sequence_id == number,), f"Stage {number}", as_json)


@register.command()
def holidays(
    name: ListName,
    days: Days,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Add days on which nothing is due to a list of holidays."""
    with opened(url, schema, catalog) as monitor:
        monitor.register_holidays(name, days)
        if not as_json:
            tell(f"{len(set(days))} holidays of {named(name)} are registered.")
            return
        with monitor.session() as session:
            print_json(list(session.scalars(select(Holiday).where(Holiday.calendar_name == name.strip()))))


@register.command()
def project(
    code: Project,
    name: Owned,
    description: Description = None,
    organisation: OfOrganisation = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register a project, or update its description.

    An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.register_project(
            code, name, project_description=_given(description), organisation_code=_given(organisation)
        )
        _say(monitor, ProjectRow, (ProjectRow.project_code == code,), f"Project {code}", as_json)


@register.command()
def organisation(
    code: OrganisationCode,
    name: Owned,
    description: Description = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Register an organisation, or update its description.

    An option that is left out leaves what is stored; an empty one clears it.
    """
    with opened(url, schema, catalog) as monitor:
        monitor.register_organisation(code, name, organisation_description=_given(description))
        which = (OrganisationRow.organisation_code == code,)
        _say(monitor, OrganisationRow, which, f"Organisation {code}", as_json)


def _given(value: str | None) -> str | NotGiven | None:
    """Return what the library takes: an option that was left out is not given, an empty one clears."""
    return NOT_GIVEN if value is None else texts.said(value) or None


def _number(name: str, value: str | None) -> int | NotGiven | None:
    """Like `_given`, for a number."""
    text = _given(value)
    return inputs.integer(name, text) if isinstance(text, str) else text


def _say(
    monitor: ETLMonitor,
    kind: Kind,
    which: tuple[ColumnElement[bool], ...],
    what: str,
    as_json: bool,
) -> None:
    """Say that it is registered; for programs, how it stands now."""
    if not as_json:
        tell(f"{what} is registered.")
        return
    with monitor.session() as session:
        print_json(session.scalars(select(kind).where(*which)).one())
