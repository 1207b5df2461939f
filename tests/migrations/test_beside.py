"""Migrations of the user's own beside ours: each finds its own tables, and wants to drop none of the other's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from etl_monitor_orm import create_engine, migrations
from etl_monitor_orm.models import Base
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.conftest import CHECKOUT
from tests.migrations.looking import TABLES, VERSION, VIEWS, execute

Place = tuple[Engine, str]
OURS = sorted(TABLES | VIEWS | VERSION | {"ETLsysLogs__ID_seq"})


def differences(place: Place, metadata: sa.MetaData, **options: object) -> set[tuple[str, str]]:
    """What autogenerate finds between the metadata and the schema, and the user's other places."""
    with place[0].connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_schemas": True, **options})
        found = compare_metadata(context, metadata)
    flat = [change for entry in found for change in (entry if isinstance(entry, list) else [entry])]
    return {(change[0], getattr(change[1], "name", change[1]).lower()) for change in flat if _here(change, place[1])}


def _here(change: tuple[str, object], schema: str) -> bool:
    """Other tests keep tables on the same server, in `etl` too: only what would be added there is ours to judge."""
    there = (schema, "etl") if change[0] == "add_table" else (schema,)
    return getattr(change[1], "schema", schema) in there


def test_given_tables_of_the_users_in_our_schema_when_compared_then_only_theirs_are_found(place: Place) -> None:
    engine, schema = place
    migrations.upgrade(engine, schema)
    execute(engine, f"CREATE TABLE {schema}.dropped (id INT)")
    metadata = sa.MetaData()
    sa.Table("mine", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)

    found = differences(place, metadata, include_name=migrations.include_name(engine, schema))

    assert found == {("add_table", "mine"), ("remove_table", "dropped")}
    assert migrations.check(engine, schema) == []


def test_given_metadata_that_holds_our_tables_when_compared_then_none_of_them_is_made(place: Place) -> None:
    engine, schema = place
    migrations.upgrade(engine, schema)
    metadata = sa.MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    sa.Table("mine", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=schema)

    found = differences(place, metadata, include_object=migrations.include_object(engine, schema))

    assert found == {("add_table", "mine")}


@pytest.mark.parametrize("name", OURS)
def test_given_a_name_of_ours_when_asked_then_it_is_left_out_in_our_schema_only(engine: Engine, name: str) -> None:
    with engine.connect():
        included = migrations.include_name(engine, "etl")

    for kind in ("table", "view", "sequence"):
        assert not included(name, kind, {"schema_name": "etl"})
        assert not included(name.upper(), kind, {"schema_name": "ETL"})
        assert included(name, kind, {"schema_name": "shop"})
        assert included(name, kind, {"schema_name": None})
    assert not included("ix", "index", {"schema_name": "etl", "table_name": name})
    assert included("ix", "index", {"schema_name": None, "table_name": name})
    assert included("etl", "schema", {})


def test_given_the_monitor_in_the_default_schema_when_asked_then_ours_are_left_out_there(engine: Engine) -> None:
    with engine.connect():
        included = migrations.include_name(engine, "main")

    assert not included("ETLsysLogs", "table", {"schema_name": None})
    assert included("orders", "table", {"schema_name": None})
    assert included("alembic_version", "table", {"schema_name": None})


def test_given_no_schema_when_asked_then_it_is_that_of_the_environment(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_SCHEMA", "mon")

    included = migrations.include_name(engine)

    assert not included("ETLsysLogs", "table", {"schema_name": "mon"})
    assert included("ETLsysLogs", "table", {"schema_name": "etl"})


def named(folder: Path, url: str, *words: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run alembic's command in a folder whose alembic.ini names our scripts by the package's name."""
    (folder / "alembic.ini").write_text("[monitor]\nscript_location = etl_monitor_orm:_alembic\n", "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "alembic", "--name", "monitor", *words],
        cwd=folder,
        env={**os.environ, "ETL_MONITOR_URL": url, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def as_in_a_wheel(folder: Path) -> Path:
    """Lay out what a wheel holds, as pyproject.toml says."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    leave_out = shutil.ignore_patterns("__pycache__", *(Path(name).name for name in wheel["exclude"]))
    for name in wheel["only-include"]:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=leave_out)
        else:
            shutil.copy(source, folder / name)
    for source, target in wheel["force-include"].items():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / source, folder / target, ignore=ignored, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize("installed", ["checkout", "wheel"])
def test_given_the_package_when_alembic_finds_the_scripts_by_its_name_then_its_commands_work(
    tmp_path: Path, url: str, installed: str
) -> None:
    path = CHECKOUT if installed == "checkout" else as_in_a_wheel(tmp_path / "site")

    for words in (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head")):
        done = named(tmp_path, url, *words, path=path)
        assert done.returncode == 0, done.stderr
    assert named(tmp_path, url, "current", path=path).stdout.strip() == f"{SCHEMA_REVISION} (head)"

    engine = create_engine(url)
    assert migrations.check(engine, "etl") == []
    engine.dispose()
