"""`etl-monitor db …`: the monitor's own tables and views."""

from __future__ import annotations

from typing import Annotated

import typer

from etl_monitor_orm import migrations
from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.models.version import SCHEMA_REVISION
from etl_monitor_orm.settings import Layout

db = typer.Typer(help="Look after the monitor's own tables.", no_args_is_help=True)

Sql = Annotated[bool, typer.Option("--sql", help="Print the SQL from nothing to REVISION; ask no database.")]
NewLayout = Annotated[
    Layout | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="On Databricks: partitioned or clustered, for new tables; else ETL_MONITOR_LAYOUT, else partitioned.",
    ),
]
WantedLayout = Annotated[
    Layout | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="On Databricks: partitioned or clustered, as they should be; else ETL_MONITOR_LAYOUT, else either.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _upwards(meaning: str) -> object:
    return typer.Argument(metavar="REVISION", help=meaning, show_default=False)


@db.command()
def upgrade(
    revision: Annotated[str, _upwards("Up to this revision; else the newest.")] = "head",
    sql: Sql = False,
    layout: NewLayout = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Create the tables, or bring them up to date.

    The views and the framework's stages too. May be run at any time.
    """
    with opened(url, schema, catalog) as monitor:
        if sql:
            typer.echo(migrations.upgrade_script(monitor.engine, monitor.schema, revision, layout=layout))
            return
        before = migrations.current(monitor.engine, monitor.schema)
        migrations.upgrade(monitor.engine, monitor.schema, revision, layout=layout)
        _say_change(before, migrations.current(monitor.engine, monitor.schema), as_json)


@db.command()
def current(url: Url = None, schema: Schema = None, catalog: Catalog = None, as_json: Json = False) -> None:
    """Say which revision the tables have.

    Exits with 4 when it is not the one that this version works on.
    """
    with opened(url, schema, catalog) as monitor:
        found = migrations.current(monitor.engine, monitor.schema)
    if as_json:
        print_json({"revision": found, "head": SCHEMA_REVISION, "is_current": found == SCHEMA_REVISION})
    elif found == SCHEMA_REVISION:
        typer.echo(f"{found}, up to date")
    else:
        typer.echo(f"{found or 'no tables'}; this version needs {SCHEMA_REVISION}: run `etl-monitor db upgrade`")
    if found != SCHEMA_REVISION:
        raise typer.Exit(ExitCode.SCHEMA)


@db.command()
def check(
    layout: WantedLayout = None,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Compare the tables with what they should be.

    The views too. Exits with 4 when something differs.
    """
    with opened(url, schema, catalog) as monitor:
        differences = migrations.check(monitor.engine, monitor.schema, layout=layout)
    if as_json:
        print_json({"differences": differences})
    else:
        typer.echo("\n".join(differences) or "All tables and views are as they should be.")
    if differences:
        raise typer.Exit(ExitCode.SCHEMA)


@db.command()
def downgrade(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="A revision, -1 is the one before; or `base`.")],
    yes: Yes = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Take the tables back to an older revision.

    What that drops is lost: with `base`, all of the monitor's tables and the history of all runs.
    """
    with opened(url, schema, catalog) as monitor:
        before = migrations.current(monitor.engine, monitor.schema)
        if before is not None and not yes:
            typer.confirm(f"Data will be lost. Take {monitor} from {before} to {revision}?", abort=True, err=True)
        migrations.downgrade(monitor.engine, monitor.schema, revision)
        _say_change(before, migrations.current(monitor.engine, monitor.schema), as_json)


@db.command()
def stamp(
    revision: Annotated[str, _upwards("This revision, or `base` for none; else the newest.")] = "head",
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Note a revision, and change nothing else.

    For tables that something else made or restored.
    """
    with opened(url, schema, catalog) as monitor:
        before = migrations.current(monitor.engine, monitor.schema)
        migrations.stamp(monitor.engine, monitor.schema, revision)
        _say_change(before, migrations.current(monitor.engine, monitor.schema), as_json)


def _say_change(before: str | None, after: str | None, as_json: bool) -> None:
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        typer.echo(f"{after or 'No tables'}: nothing to do")
    else:
        typer.echo(f"{before or 'no tables'} -> {after or 'no tables'}")
