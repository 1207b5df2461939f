"""Two revisions that are not there yet: a copy of the scripts with a column on three tables, and views that name it.

Their numbers follow the newest one that ships, so the tests hold for any number of revisions.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

from tests.migrations.conftest import CHECKOUT

TABLES = ("ETLconfigSequence", "ETLconfigTasks", "ETLconfigParameters", "ETLProcessingSteps")
VIEWS = {"v_taskDetail": "ETLProcessingSteps", "v_watermarks": "ETLconfigParameters"}
COLUMN = "Reviewer"
MORE = "ReviewedOn"

SECOND = '''"""A column on three tables, and two views that name it."""

import sqlalchemy as sa

revision = "{revision}"
down_revision = "{before}"
readable_from = "0.1.0"

TABLES = {tables!r}
VIEWS = {views!r}


def upgrade(steps):
    for table in TABLES:
        steps.add_columns(table, sa.Column("Reviewer", sa.String, comment="Who looked at it, and said it's fine"))
    steps.replace_views(revision, *VIEWS)


def downgrade(steps):
    steps.restore_views(revision, *VIEWS)
    for table in TABLES:
        steps.drop_columns(table, "Reviewer")
'''
THIRD = '''"""One more column, and one of the views again; older packages cannot work on it."""

import sqlalchemy as sa

revision = "{revision}"
down_revision = "{before}"
readable_from = "99.0"


def upgrade(steps):
    steps.add_columns("ETLProcessingSteps", sa.Column("ReviewedOn", sa.TIMESTAMP(timezone=True), comment="When"))
    steps.replace_views(revision, "v_taskDetail")


def downgrade(steps):
    steps.restore_views(revision, "v_taskDetail")
    steps.drop_columns("ETLProcessingSteps", "ReviewedOn")
'''


@dataclass(frozen=True)
class Later:
    """A copy of the scripts with two revisions more.

    Attributes:
        folder: The scripts.
        head: The newest revision that ships.
        second: The one after it.
        third: The one after that.
    """

    folder: Path
    head: str
    second: str
    third: str

    def dialects(self) -> set[str]:
        """The databases that have frozen views."""
        return {path.name for path in (self.folder / "views").glob("*/*")}

    def file(self, revision: str, dialect: str, view: str) -> Path:
        """Where a view is frozen."""
        return self.folder / "views" / revision / dialect / f"{view}.sql"

    def newest(self, dialect: str, view: str) -> str:
        """The last text of a view that ships."""
        files = (self.folder / "views").glob(f"*/{dialect}/{view}.sql")
        return max(files, key=lambda file: file.parts[-3]).read_text("utf-8")


def make_later(folder: Path) -> Later:
    """Write the copy."""
    shutil.copytree(CHECKOUT / "alembic", folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(folder)).get_current_head()
    later = Later(folder, head, *(f"{int(head) + more:04}" for more in (1, 2)))
    texts = {
        (dialect, view): with_column(later.newest(dialect, view), table, COLUMN)
        for dialect in later.dialects()
        for view, table in VIEWS.items()
    }
    for (dialect, view), text in texts.items():
        _write(later.file(later.second, dialect, view), text)
    for dialect in later.dialects():
        text = with_column(texts[dialect, "v_taskDetail"], "ETLProcessingSteps", MORE)
        _write(later.file(later.third, dialect, "v_taskDetail"), text)
    names = {"tables": TABLES, "views": tuple(VIEWS)}
    versions = folder / "versions"
    (versions / f"{later.second}_reviewer.py").write_text(
        SECOND.format(revision=later.second, before=head, **names), "utf-8"
    )
    (versions / f"{later.third}_reviewed_on.py").write_text(
        THIRD.format(revision=later.third, before=later.second), "utf-8"
    )
    return later


def with_column(text: str, table: str, column: str) -> str:
    """A view's text with one column more, last, of one of the tables that it reads."""
    quote = "`" if "`" in text else '"'
    found = re.search(rf"{quote}{table}{quote} AS (\w+)", text)
    assert found is not None
    named = f"{found[1]}.{quote}{column}{quote}"
    return text.replace("\nFROM ", f",\n    {named}\nFROM ", 1)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
