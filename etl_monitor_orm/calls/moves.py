"""Calls that move everything to another database."""

from __future__ import annotations

from contextlib import closing
from os import PathLike

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import moving
from etl_monitor_orm.services.moving import MovedTable


class MoveCalls(Calls):
    """Writes everything into a file, and reads it into empty tables, of any database."""

    def export_data(self, file: str | PathLike[str], *, overwrite: bool = False) -> Rows[MovedTable]:
        """Write the catalogue, all steps and all receipts into one file, which any database of the monitor can import.

        Tokens and answered requests stay behind: who may use a database over HTTP is its own affair. So do receipts
        about the tables themselves, such as those of an adoption. Where the database has transactions, the file shows
        one moment; elsewhere, let nothing run meanwhile. The file is complete, or not there.

        Args:
            file: The file.
            overwrite: Whether to replace a file.

        Returns:
            How many rows each table has in the file.

        Raises:
            InvalidInput: The file exists, or `file` is no path.
            ConfigurationError: The file cannot be written.
        """
        from etl_monitor_orm.calls.archives import Writing  # zip files are for few programs

        at_once = self._runtime.one_reading()
        allowed = inputs.boolean("overwrite", overwrite)
        writing = Writing(inputs.path("file", file), overwrite=allowed, made=at_once.now)
        with writing.opened() as begin:
            moved = at_once.run(moving.read, begin)
        return Rows(MovedTable, moved)

    def import_data(self, file: str | PathLike[str]) -> Rows[MovedTable]:
        """Read a file that `export_data` wrote into empty tables, made by `setup()`.

        The file is checked as a whole before anything is written: its form, its counts and its checksums. Where the
        database has transactions, everything is written or nothing. On Databricks, an import that was stopped is begun
        anew by the next one of the same file. Receipts get new numbers, in the same order.

        Args:
            file: The file.

        Returns:
            How many rows each table got.

        Raises:
            InvalidInput: The file cannot be read, is no export, is from a newer version or damaged; or the tables have
                rows. Nothing was written.
        """
        from etl_monitor_orm.calls.archives import Reading

        with closing(Reading(inputs.path("file", file))) as archive:
            return Rows(MovedTable, self._runtime.run(moving.write, archive))
