"""The frozen SQL of the views is what the mapped classes define today; who changes one writes a revision."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from etl_monitor_orm.views import VIEWS
from tests.migrations.conftest import CHECKOUT

FROZEN = CHECKOUT / "alembic" / "views"
DIALECTS = sorted({folder.name for folder in FROZEN.glob("*/*")})
HINT = """
{view} is no longer what the newest migration creates. Write a revision, and freeze the view beside it:
    alembic revision --rev-id NUMBER -m "what changes"
    python scripts/freeze_views.py NUMBER {view}
    python scripts/freeze_views.py NUMBER {view} --dialect databricks, and each of the other databases
"""


def _freeze(into: Path, *arguments: str) -> None:
    """Run the script in a copy of the checkout's layout, so that it writes there."""
    (into / "scripts").mkdir()
    script = into / "scripts" / "freeze_views.py"
    script.write_text((CHECKOUT / "scripts" / "freeze_views.py").read_text("utf-8"), "utf-8")
    subprocess.run([sys.executable, str(script), *arguments], cwd=into, check=True, capture_output=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_given_the_views_of_today_when_they_are_frozen_then_they_equal_the_newest_frozen_text(
    tmp_path: Path, dialect: str
) -> None:
    _freeze(tmp_path, "today", "--dialect", dialect)
    for view in VIEWS:
        name = view.__tablename__
        newest = max(FROZEN.glob(f"*/{dialect}/{name}.sql"), key=lambda file: file.parts[-3])
        today = tmp_path / "alembic" / "views" / "today" / dialect / f"{name}.sql"
        assert newest.read_text("utf-8") == today.read_text("utf-8"), HINT.format(view=name)


def test_given_one_view_when_it_is_frozen_then_only_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "alembic" / "views" / "9000" / "duckdb").mkdir(parents=True)
    _freeze(tmp_path, "9001", "v_taskDetail")
    files = [file for file in (tmp_path / "alembic").rglob("*") if file.is_file()]
    assert files == [tmp_path / "alembic" / "views" / "9001" / "duckdb" / "v_taskDetail.sql"]


def test_given_a_database_without_frozen_views_when_one_is_frozen_then_all_are_written(tmp_path: Path) -> None:
    (tmp_path / "alembic" / "views" / "9000" / "databricks").mkdir(parents=True)
    _freeze(tmp_path, "9001", "v_taskDetail")
    files = {file.stem for file in (tmp_path / "alembic" / "views" / "9001" / "duckdb").iterdir()}
    assert files == {view.__tablename__ for view in VIEWS}


def test_given_the_frozen_views_when_a_database_joins_then_it_has_all_of_its_views() -> None:
    for dialect in DIALECTS:
        joined = min(FROZEN.glob(f"*/{dialect}"), key=lambda folder: folder.parent.name)
        known = {file.stem for file in FROZEN.glob("*/*/*.sql") if file.parts[-3] <= joined.parent.name}
        assert {file.stem for file in joined.glob("*.sql")} == known, joined


@pytest.mark.parametrize(
    "revision",
    sorted([*(CHECKOUT / "alembic" / "versions").glob("*.py"), CHECKOUT / "alembic" / "steps.py"]),
    ids=lambda path: path.stem,
)
def test_given_a_revision_when_its_imports_are_read_then_none_is_ours(revision: Path) -> None:
    imported: list[str] = []
    for node in ast.walk(ast.parse(revision.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported.append(node.module or ".")
    assert imported
    assert not [name for name in imported if name.startswith(("etl_monitor_orm", "."))]


def test_given_the_folder_of_migrations_when_listed_then_it_does_not_hide_the_library() -> None:
    assert list((CHECKOUT / "alembic").rglob("__init__.py")) == []
