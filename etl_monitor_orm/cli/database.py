"""`etl-monitor db …`: the monitor's own tables and views."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from etl_monitor_orm import SchemaOutOfDate, migrations
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.cli.exits import ExitCode
from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.cli.lazily import group
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, ViewsSchema, confirmed, opened
from etl_monitor_orm.cli.output import print_json
from etl_monitor_orm.migrations.comparison import summarised
from etl_monitor_orm.migrations.standing import standing
from etl_monitor_orm.models import revision as revisions
from etl_monitor_orm.settings import Layout

db = group("Create, upgrade, check and repair the monitor's tables.")

Sql = Annotated[bool, typer.Option("--sql", help="Print the SQL from an empty schema to REVISION; use no database.")]
NewLayout = Annotated[
    Layout | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="New tables on Databricks: partitioned or clustered [default: ETL_MONITOR_LAYOUT or partitioned].",
    ),
]
WantedLayout = Annotated[
    Layout | None,
    typer.Option(
        "--layout",
        metavar="LAYOUT",
        help="Expected on Databricks: partitioned or clustered [default: ETL_MONITOR_LAYOUT or either].",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _upwards(meaning: str) -> object:
    return typer.Argument(metavar="REVISION", help=meaning, show_default=False)


@db.command()
def upgrade(
    revision: Annotated[str, _upwards("Upgrade to this revision [default: the newest].")] = "head",
    sql: Sql = False,
    layout: NewLayout = None,
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Create the tables, or upgrade them.

    This includes the views and the framework's stages. You can run it at any time.
    """
    with opened(url, schema, catalog, views_schema=views_schema, creates=True) as monitor:
        if sql:
            typer.echo(migrations.upgrade_script(monitor.engine, monitor.schema, revision, layout=layout))
            return
        done = migrations.upgraded(monitor.engine, monitor.schema, revision, layout=layout)
        after = standing(monitor.engine, monitor.schema) if done.ran else done.before
        if done.restored and not as_json:
            for words in done.restored:
                tell(words)
            return
        _say_change(done.before.revision, after.revision, as_json)


@db.command()
def current(
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show the revision of the tables.

    Exits with 4 when this version needs another revision.
    """
    with opened(url, schema, catalog, views_schema=views_schema, creates=True, reads=True) as monitor:
        found, usable = None, False
        if backend_of(monitor.engine).nothing_to_read(monitor.engine) is None:
            there = standing(monitor.engine, monitor.schema)
            found, usable = there.revision, there.usable
    head = revisions.SCHEMA_REVISION
    if as_json:
        print_json({"revision": found, "head": head, "is_current": found == head, "is_usable": usable})
    elif found == head and usable:
        tell(f"{found}, up to date")
    elif found == head:
        tell(f"{found}, recorded the way releases before 0.1.0 did: run `etl-monitor db upgrade`")
    elif usable:
        tell(f"{found}, from a newer version, usable by this one, which has {head}")
    elif found is not None and found > head:
        tell(f"{found}, from a newer version; this one needs {head}: run `pip install --upgrade etl-monitor-orm`")
    else:
        tell(f"{found or 'no tables'}; this version needs {head}: run `etl-monitor db upgrade`")
    if not usable:
        raise typer.Exit(ExitCode.SCHEMA)


@db.command()
def check(
    layout: WantedLayout = None,
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Check that the tables and views are as they should be.

    Exits with 4 when something differs. Notes, such as other comments, leave the exit status 0.
    """
    with opened(url, schema, catalog, views_schema=views_schema, reads=True) as monitor:
        found = migrations.compare(monitor.engine, monitor.schema, layout=layout)
    if as_json:
        print_json({"differences": found.differences, "notes": found.notes})
    else:
        for words in found.differences or ["All tables and views are as they should be."]:
            tell(words)
        for note in summarised(found.notes):
            tell(f"Note: {note}")
        if any(words.startswith(("View ", "Stage ", revisions.REPEATED)) for words in found.differences):
            tell("To restore views and stages: `etl-monitor db repair`.", err=True)
    if found.differences:
        raise typer.Exit(ExitCode.SCHEMA)


@db.command()
def repair(
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Restore the views and the framework's stages.

    All rows stay. Tables are not changed: see `db check`.
    """
    with opened(url, schema, catalog, views_schema=views_schema) as monitor:
        restored = migrations.repair(monitor.engine, monitor.schema)
    if as_json:
        print_json({"repaired": restored})
        return
    for words in restored or ["Nothing to repair: the views and the framework's stages are as they should be."]:
        tell(words)


@db.command()
def downgrade(
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="A revision; -1: the previous one; `base`: none.")
    ],
    yes: Yes = False,
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Downgrade the tables to an older revision.

    This loses the data that it drops. `base` drops all of the monitor's tables and the history of all runs.
    """
    with opened(url, schema, catalog, views_schema=views_schema) as monitor:
        before = migrations.current(monitor.engine, monitor.schema)
        if before is not None and not yes:
            confirmed(f"This can lose data. Downgrade {monitor} from {before} to {revision}?")
        migrations.downgrade(monitor.engine, monitor.schema, revision)
        _say_change(before, migrations.current(monitor.engine, monitor.schema), as_json)


@db.command()
def stamp(
    revision: Annotated[str, _upwards("The revision to record, or `base` for none [default: the newest].")] = "head",
    url: Url = None,
    schema: Schema = None,
    views_schema: ViewsSchema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Record a revision, and change nothing else.

    Use it for tables that something else created or restored.
    """
    with opened(url, schema, catalog, views_schema=views_schema, creates=True) as monitor:
        before = None
        with suppress(SchemaOutOfDate):  # several are recorded, and this command fixes that
            before = migrations.current(monitor.engine, monitor.schema)
        migrations.stamp(monitor.engine, monitor.schema, revision)
        _say_change(before, migrations.current(monitor.engine, monitor.schema), as_json)


def _say_change(before: str | None, after: str | None, as_json: bool) -> None:
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        tell(f"{after or 'No tables'}: nothing to do")
    else:
        tell(f"{before or 'no tables'} -> {after or 'no tables'}")
