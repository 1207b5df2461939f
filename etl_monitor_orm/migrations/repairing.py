"""Restores the views and the framework's stages at the revision of the tables; rows of the tables stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from sqlalchemy import Connection, Engine, MetaData, Row, Table, func, literal, select
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.errors import DatabaseError, SchemaError, SchemaMissing
from etl_monitor_orm.foreign_views import lacking
from etl_monitor_orm.migrations.drift import CANNOT, wrong_views
from etl_monitor_orm.migrations.names import (
    TABLE_NAMES,
    VIEW_NAMES,
    names_in,
    same,
    schema_as_kept,
    views_schema_as_kept,
)
from etl_monitor_orm.migrations.noting import WAY_OUT
from etl_monitor_orm.migrations.obstacles import refuse_views_of_others
from etl_monitor_orm.migrations.unfinished import views_kept_apart
from etl_monitor_orm.models import SequenceStage
from etl_monitor_orm.models.revision import REPEATED, SCHEMA_REVISION, Noted
from etl_monitor_orm.schemas import in_schema
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import BUILT_IN_STAGES, Stage

_FRAMEWORK: Final = ("SequenceCode", "SequenceName", "SequenceDescription", "SortOrder", "IsActive")
"""The columns of a stage that belong to the framework."""
_NEEDED: Final = ("SequenceCode", "IsActive")
"""Those of them that matter to more than a listing: other tools may have other names."""

_MISSING: Final = "is missing."


def repair(engine: Engine, schema: str) -> list[str]:
    """Restore what is wrong, and say what that was; see `migrations.repair`."""
    with backend_of(engine).for_services(engine).connect() as connection:
        schema = schema_as_kept(connection, schema)
        _require_tables(connection, schema)
        stages = dict(_wrong_stages(connection, schema))
    return _restore(engine, schema, stages)


def repair_foreign_views(engine: Engine, schema: str) -> list[str]:
    """Restore all views that are wrong, if one is missing or lacks a column of ours; say what that was."""
    with backend_of(engine).for_services(engine).connect() as connection:
        schema = schema_as_kept(connection, schema)
        place = views_schema_as_kept(connection, schema)
        _, there = names_in(connection, place)
    missing = [name for name in VIEW_NAMES if same(engine)(name) not in there]
    foreign = lacking(in_schema(engine, schema), sorted(VIEW_NAMES))
    if not (missing or foreign):
        return []
    with backend_of(engine).for_services(engine).connect() as connection:
        if foreign and place == schema:
            _refuse_kept_views(connection, schema)
        elif foreign and len(missing) + len(foreign) == len(VIEW_NAMES):
            refuse_views_of_others(connection, place)  # none of the six is the monitor's: its views were never there
        _require_tables(connection, schema)
    return _restore(engine, schema, {})


def _refuse_kept_views(connection: Connection, schema: str) -> None:
    """Refuse to replace the Spark edition's views where an adoption was asked to keep them."""
    kept = views_kept_apart(connection, schema)
    if kept is not None:
        raise SchemaError(
            f"The Spark edition's views stay in schema {schema}, as the adoption was asked to: the monitor's are in "
            f"schema {kept}. Name it: `--views-schema`, views_schema=, or ETL_MONITOR_VIEWS_SCHEMA. Nothing was "
            "changed; `etl-monitor db repair` replaces theirs."
        )


def require_views(engine: Engine, schema: str) -> None:
    """Refuse to drop the tables where none of the views is: they would be left behind in another schema.

    Where nothing can be rolled back, a downgrade that was stopped has dropped them already, and goes on.

    Raises:
        SchemaError: None is there.
    """
    if not backend_of(engine).capabilities.transactional_ddl:
        return
    with backend_of(engine).for_services(engine).connect() as connection:
        place = views_schema_as_kept(connection, schema_as_kept(connection, schema))
        _, there = names_in(connection, place)
    if not there.keys() & set(map(same(engine), VIEW_NAMES)):
        raise SchemaError(
            f"None of the monitor's views is in schema {place}. If they are in another one, name it: `--views-schema`, "
            "views_schema=, or ETL_MONITOR_VIEWS_SCHEMA. If they are gone, run `etl-monitor db repair` first."
        )


def _restore(engine: Engine, schema: str, stages: dict[int, str]) -> list[str]:
    views = wrong_views(engine, schema)
    for name, reason in views.items():
        if reason.startswith(CANNOT):
            raise SchemaError(
                f"View {name} {reason.rstrip('.')}. Nothing was repaired. "
                "Run `etl-monitor db check` to see how the tables differ."
            )
    if views or stages:
        from etl_monitor_orm.migrations import scripts

        try:
            scripts.repair(engine, schema, [*views], lambda connection: _restore_stages(connection, schema, [*stages]))
        except DatabaseError as error:
            raise _impossible(engine, error) from error
    return [
        *(f"View {name} is restored. It {_past(reason)}" for name, reason in views.items()),
        *(f"Stage {number} is restored. It {_past(reason)}" for number, reason in stages.items()),
    ]


def _impossible(engine: Engine, error: DatabaseError) -> SchemaError:
    rest = "Nothing was" if backend_of(engine).capabilities.transactional_ddl else "Not everything was"
    way = "Run `etl-monitor db check` to see how the tables differ."
    if "depend" in str(error):
        way = "Drop your views that depend on them, repair, and create yours again."
    return SchemaError(f"The views cannot be restored. {rest} repaired. {way} {error}")


def _past(reason: str) -> str:
    return reason.replace("is ", "was ", 1).replace("has ", "had ", 1).replace("does ", "did ", 1)


def changed_stages(engine: Engine, schema: str) -> list[str]:
    """Return which of the framework's stages are missing, or differ in more than their names."""
    try:
        with backend_of(engine).for_services(engine).connect() as connection:
            found = dict(_wrong_stages(connection, schema, _NEEDED))
    except DBAPIError:
        return []  # the table's own differences are reported already
    return [f"Stage {number} {reason}" for number, reason in found.items()]


def stages_missing(connection: Connection, schema: str) -> Iterator[Merge]:
    """Yield the statements that add the framework's stages that are missing; what others named otherwise stays."""
    table = _table(schema)
    missing = [number for number, reason in _wrong_stages(connection, schema, ()) if reason == _MISSING]
    yield from _stage_statements(table, missing)


def recorded_again(found: Noted | None) -> list[str]:
    """Return that the version table has equal rows, if it has."""
    if found is None or found.times == 1:
        return []
    return [f"{REPEATED} {found.revision} {found.times} times."]


def _require_tables(connection: Connection, schema: str) -> None:
    """Refuse to work without the tables, and where something else has a view's name."""
    plain, place = same(connection.engine), views_schema_as_kept(connection, schema)
    tables, _ = names_in(connection, schema)
    beside, views = names_in(connection, place)
    missing = [name for name in sorted(TABLE_NAMES) if plain(name) not in tables]
    if len(missing) == len(TABLE_NAMES) and not views.keys() & {plain(name) for name in VIEW_NAMES}:
        raise SchemaMissing(
            f"Schema {schema} has none of the monitor's tables, although their revision is recorded. "
            "Run `etl-monitor db stamp base`, then `etl-monitor db upgrade`."
        )
    if missing:
        raise SchemaMissing(
            f"Schema {schema} lacks {', '.join(missing)}: a repair restores views and stages, not tables. Restore them "
            "from a backup, then run `etl-monitor db check`; or begin again in another schema: `--schema`, schema=, or "
            "ETL_MONITOR_SCHEMA."
        )
    others = backend_of(connection.engine).others_named(connection, place, VIEW_NAMES)
    for name in sorted(VIEW_NAMES):
        if plain(name) in beside or name in others:
            kind = others.get(name, "a table")
            raise SchemaError(f"Schema {place} has {kind} {name} where the monitor needs a view. {WAY_OUT}")


def _table(schema: str) -> Table:
    return cast(Table, SequenceStage.__table__).to_metadata(MetaData(), schema=schema)


def _wrong_stages(
    connection: Connection, schema: str, columns: tuple[str, ...] = _FRAMEWORK
) -> Iterator[tuple[int, str]]:
    """Yield the stages that differ from the framework's, and how."""
    table = _table(schema)
    numbers = [stage.sequence_id for stage in BUILT_IN_STAGES]
    query = select(table.c.SequenceID, *(table.c[name] for name in _FRAMEWORK)).where(table.c.SequenceID.in_(numbers))
    there: dict[int, Row[tuple[object, ...]]] = {row.SequenceID: row for row in connection.execute(query)}
    for stage in BUILT_IN_STAGES:
        row, wanted = there.get(stage.sequence_id), _values(stage)
        if row is None:
            yield stage.sequence_id, _MISSING
        elif other := [name for name in columns if row._mapping[name] != wanted[name]]:
            yield stage.sequence_id, f"has another {', '.join(other)}."


def _values(stage: Stage) -> dict[str, object]:
    values = (stage.code, stage.name, stage.description, stage.sequence_id, True)
    return dict(zip(_FRAMEWORK, values, strict=True))


def _restore_stages(connection: Connection, schema: str, numbers: list[int]) -> None:
    """Insert or correct stages, each in one statement that can be executed again."""
    for statement in _stage_statements(_table(schema), numbers):
        connection.execute(statement)


def _stage_statements(table: Table, numbers: list[int]) -> Iterator[Merge]:
    who = literal(f"repair {SCHEMA_REVISION}")
    for stage in BUILT_IN_STAGES:
        if stage.sequence_id not in numbers:
            continue
        everything = {"SequenceID": stage.sequence_id, **_values(stage)}
        source = select(
            *(literal(value, table.c[name].type).label(name) for name, value in everything.items())
        ).subquery("source")
        updated = {table.c.LastUpdatedOn: func.current_timestamp(), table.c.LastUpdatedBy: who}
        yield (
            Merge(table, source, table.c.SequenceID == source.c.SequenceID)
            .update({**{table.c[name]: source.c[name] for name in _FRAMEWORK}, **updated})
            .insert(
                {
                    **{table.c[name]: source.c[name] for name in everything},
                    table.c.CreatedOn: func.current_timestamp(),
                    table.c.CreatedBy: who,
                    **updated,
                }
            )
        )
