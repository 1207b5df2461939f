"""Saving all tables and views under a name, and putting them back in milliseconds, without a statement."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.warehouse.spark import Spark


@dataclass
class Saved:
    """A table or view as it was.

    Attributes:
        entry: Its entry in Spark's catalog.
        folder: Where its files are; None for a view.
        files: Its files by their place in the folder, and where the copies are.
        snapshot: What Delta Lake had in mind of it: with that put back, it need not read its log again.
    """

    entry: Any
    folder: Path | None = None
    files: dict[str, Path] = field(default_factory=dict)
    snapshot: Any = None


class Snapshots:
    """Copies of everything, by name. Files of a Delta table never change, so a copy is a second name for a file."""

    def __init__(self, spark: Spark, folder: Path) -> None:
        self._spark, self._folder = spark, folder / "saved"
        self._saved: dict[str, tuple[dict[str, Any], dict[tuple[str, str], Saved]]] = {}

    def save(self, name: str) -> None:
        """Remember everything under a name."""
        schemas, tables = {}, {}
        self._spark.adopt_tables()
        for schema in self._schemas():
            schemas[schema] = self._catalog.getDatabase(schema)
            for table in self._tables(schema):
                tables[schema, table] = self._copy(self._catalog.getTable(schema, table), name, schema, table)
        self._saved[name] = (schemas, tables)

    def restore(self, name: str) -> None:
        """Put everything back as it was when saved."""
        schemas, tables = self._saved[name]
        present = {schema: set(self._tables(schema)) for schema in self._schemas()}
        for schema in [*present]:
            for table in present[schema]:
                if (schema, table) not in tables:
                    self._catalog.dropTable(schema, table, True, True)
            if schema not in schemas:
                self._catalog.dropDatabase(schema, True, True)
        for schema, definition in schemas.items():
            if schema not in present:
                self._catalog.createDatabase(definition, True)
        for (schema, table), saved in tables.items():
            if table not in present.get(schema, ()):
                self._catalog.createTable(saved.entry, True)
            elif not self._catalog.getTable(schema, table).equals(saved.entry):
                self._catalog.alterTable(saved.entry)
            self._put_back(saved)
        self._spark.adopt_tables()

    def state(self, schema: str, table: str) -> object:
        """Return what stays the same as long as a table does: its last commit."""
        entry = self._catalog.getTable(schema, table.lower())
        log = _folder(entry) / "_delta_log"
        last = max(name for name in os.listdir(log) if name.endswith(".json"))
        file = os.stat(log / last)
        return last, file.st_ino, file.st_mtime_ns, file.st_size

    @property
    def _catalog(self) -> Any:
        return self._spark.root.sharedState().externalCatalog()

    def _schemas(self) -> list[str]:
        return self._spark.texts(self._catalog.listDatabases())

    def _tables(self, schema: str) -> list[str]:
        return self._spark.texts(self._catalog.listTables(schema))

    def _copy(self, entry: Any, name: str, schema: str, table: str) -> Saved:
        if entry.tableType().name() == "VIEW":
            return Saved(entry)
        saved = Saved(entry, _folder(entry))
        target = self._folder / name / schema / table
        for place, path in _files(saved.folder).items():
            copy = target / place
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            os.link(path, copy)
            saved.files[place] = copy
        log = self._log(saved)
        nothing = self._spark.jvm.scala.Option.empty()
        log.update(False, nothing, nothing)
        saved.snapshot = log.currentSnapshot()
        return saved

    def _put_back(self, saved: Saved) -> None:
        if saved.folder is None:
            return
        present = _files(saved.folder)
        # Two histories of a table have log entries of one name, so the name alone does not make a file the same.
        same = {
            place for place, copy in saved.files.items() if place in present and os.path.samefile(present[place], copy)
        }
        if same == present.keys() == saved.files.keys():
            return
        for place, path in present.items():
            if place not in same:
                os.unlink(path)
        for place, copy in saved.files.items():
            if place not in same:
                path = saved.folder / place
                path.parent.mkdir(parents=True, exist_ok=True)
                os.link(copy, path)
        getattr(self._log(saved), "currentSnapshot_$eq")(saved.snapshot)

    def _log(self, saved: Saved) -> Any:
        return self._spark.jvm.org.apache.spark.sql.delta.DeltaLog.forTable(self._spark.root, str(saved.folder))


def _folder(entry: Any) -> Path:
    return Path(unquote(urlsplit(entry.location().toString()).path))


def _files(folder: Path) -> dict[str, str]:
    """Return the files below a folder by their place in it."""
    start = len(str(folder)) + 1
    return {f"{parent}/{name}"[start:]: f"{parent}/{name}" for parent, _, names in os.walk(folder) for name in names}
