"""The one file of an export: a zip with a list of its tables, and one JSON line for each row."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import Any, Final

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.moving import Row, columns_of, kind_of, tables
from etl_monitor_orm.whole_files import written_whole

FORM: Final = 1
"""Of the file."""
_LIST: Final = "manifest.json"
_LONGEST_LIST: Final = 1 << 20


class Writing:
    """Writes an archive; one that is begun again is begun from nothing.

    Args:
        file: Where it goes.
        overwrite: Whether it may replace a file.
        made: When the call was made.
    """

    def __init__(self, file: str, *, overwrite: bool, made: datetime) -> None:
        self._file, self._overwrite, self._made = file, overwrite, made
        self._listed: list[dict[str, Any]] = []
        self._zip: zipfile.ZipFile | None = None

    @contextmanager
    def opened(self) -> Iterator[Callable[[], Writing]]:
        """Make the file beside its place; it gets there when the block ends well."""
        with written_whole(self._file, overwrite=self._overwrite, how="overwrite=True") as stream:

            def begin() -> Writing:
                stream.seek(0)
                stream.truncate()
                self._listed.clear()
                self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED)
                return self

            try:
                yield begin
                self._finish()
            finally:
                self._give_up()

    @contextmanager
    def table(self, name: str, columns: Sequence[str]) -> Iterator[Callable[[Row], None]]:
        """Begin a table; yield what takes its rows."""
        digest, rows = hashlib.sha256(), 0
        assert self._zip is not None
        with self._zip.open(f"{name}.jsonl", "w", force_zip64=True) as member:

            def take(row: Row) -> None:
                nonlocal rows
                line = json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n"
                digest.update(line)
                member.write(line)
                rows += 1

            yield take
        self._listed.append({"name": name, "columns": list(columns), "rows": rows, "sha256": digest.hexdigest()})

    def _give_up(self) -> None:
        """Close what is open while its stream is; after an end it is closed already."""
        if self._zip is not None:
            with suppress(OSError, ValueError):
                self._zip.close()

    def _finish(self) -> None:
        from importlib.metadata import version

        head = {
            "etl_monitor_export": FORM,
            "revision": SCHEMA_REVISION,
            "made_on": self._made.isoformat(),
            "made_by": f"etl-monitor-orm {version('etl-monitor-orm')}",
            "tables": self._listed,
        }
        assert self._zip is not None
        self._zip.writestr(_LIST, json.dumps(head, indent=2))
        self._zip.close()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


class Reading:
    """Reads an archive, which is checked as a whole when this is made.

    Args:
        file: Its path.

    Raises:
        InvalidInput: It cannot be read, is no archive, of a newer version, or damaged.
    """

    def __init__(self, file: str) -> None:
        self._name = named(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except OSError as error:
            raise InvalidInput(f"{self._name} cannot be read: {error.strerror}.") from error
        except (zipfile.BadZipFile, ValueError) as error:
            raise InvalidInput(f"{self._name} is no export of the monitor: it is no zip file.") from error
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a table, from the first on."""
        if name in self._tables:
            yield from (values for _, values in self._lines(name))

    def columns(self, name: str) -> Sequence[str]:
        """Return the columns of a table's rows; none if it has no such table."""
        return self._tables[name]["columns"] if name in self._tables else ()

    def _check(self) -> None:
        try:
            with self._zip.open(_LIST) as member:
                text = member.read(_LONGEST_LIST)
            head = json.loads(text)
            form, self._tables = head["etl_monitor_export"], {one["name"]: one for one in head["tables"]}
            revision = str(head["revision"])
        except (KeyError, TypeError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise InvalidInput(f"{self._name} is no export of the monitor: it has no {_LIST} of one.") from error
        if form != FORM or revision > SCHEMA_REVISION:
            raise InvalidInput(
                f"{self._name} is from a newer version: form {named(form)}, revision {named(revision)}. "
                "Upgrade the package: pip install --upgrade etl-monitor-orm."
            )
        self.digest = hashlib.sha256(text).hexdigest()
        for name, said in self._tables.items():
            self._check_table(name, said)

    def _check_table(self, name: str, said: Mapping[str, Any]) -> None:
        table = tables().get(name)
        if table is None:
            raise self._damaged(f"the monitor has no table {named(name)}")
        columns = said.get("columns")
        if not isinstance(columns, list) or not {*columns} <= {*columns_of(table)} or len({*columns}) != len(columns):
            raise self._damaged(f"the columns of {name} are not the monitor's")
        lacking = [one.name for one in table.columns if not one.nullable and one.identity is None]
        if not {*lacking} <= {*columns}:
            raise self._damaged(f"{name} lacks a column that a row needs")
        digest, rows = hashlib.sha256(), 0
        keys = [columns.index(one.name) for one in table.primary_key.columns if one.name in columns]
        seen: set[bytes] = set()
        for line, row in self._lines(name):
            digest.update(line)
            rows += 1
            if keys:
                seen.add(hashlib.blake2b(repr([row[one] for one in keys]).encode(), digest_size=16).digest())
                if len(seen) < rows:
                    raise self._damaged(f"its row {rows} of {name} is there twice")
        if rows != said.get("rows") or digest.hexdigest() != said.get("sha256"):
            raise self._damaged(f"{name} has {rows} rows, and is not what was written there")

    def _lines(self, name: str) -> Iterator[tuple[bytes, Row]]:
        table, columns = tables()[name], self._tables[name]["columns"]
        readers = [_reader(kind_of(table, one), nullable=bool(table.columns[one].nullable)) for one in columns]
        number = 0
        try:
            with self._zip.open(f"{name}.jsonl") as member:
                for line in member:
                    values = json.loads(line)
                    if not isinstance(values, list):
                        raise TypeError("no row")
                    yield line, [read(value) for read, value in zip(readers, values, strict=True)]
                    number += 1
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile, OSError, RuntimeError) as error:
            raise self._damaged(f"{name} cannot be read after row {number}") from error

    def _damaged(self, words: str) -> InvalidInput:
        return InvalidInput(f"{self._name} is damaged: {words}. Nothing was written; export again.")


def _reader(kind: type[Any], *, nullable: bool) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value is None:
            if not nullable:
                raise ValueError("a key is missing")
            return None
        if kind in (datetime, date):
            if not isinstance(value, str):
                raise TypeError("no time")
            return kind.fromisoformat(value)
        if type(value) is not kind:
            raise TypeError("of another type")
        return value

    return read
