"""Calls for the catalogue as code: write it as a file, compare a file with it, and apply one."""

from __future__ import annotations

from etl_monitor_orm.calls.catalogue_reading import read_catalogue
from etl_monitor_orm.calls.catalogue_writing import write_catalogue
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import catalogue, catalogue_export
from etl_monitor_orm.services.catalogue_changes import CatalogueChange
from etl_monitor_orm.services.scopes import Processes


class CatalogueCalls(Calls):
    """Keeps the catalogue in a YAML file, beside the code that it describes."""

    def export_catalogue(self, project_code: str | None = None, process_load: str | None = None) -> str:
        """Return the catalogue as the text of a catalogue file (YAML).

        The file has processes with their parameters and tasks, your own stages, projects and organisations. Every
        column is written, so that another catalogue to which the file is applied becomes the same. The values of
        parameters are not in it: how far a source was read is no description.

        Args:
            project_code: Only this project, with the stages that it uses and its organisation.
            process_load: Only this process of it.

        Raises:
            ProcessNotFound: There is no such process, or the project has no process.
        """
        wanted = Processes.read(project_code, process_load)
        return write_catalogue(self._runtime.run(catalogue_export.read, wanted))

    def diff_catalogue(self, text: str, *, name: str = "the catalogue file") -> Rows[CatalogueChange]:
        """Return what `apply_catalogue` would change; nothing is written.

        Args:
            text: The text of a catalogue file.
            name: How errors call the file.

        Returns:
            What would be added or changed, in the order in which it would be written; then what the processes of the
            file have and the file does not, which stays.

        Raises:
            InvalidInput: It is no catalogue file, or the rules of `register` refuse a row; the error names the line.
            ProcessNotFound: The process of a task or a parameter is not registered.
            StageNotFound: The stage of a task is neither registered nor in the file.
        """
        return Rows(CatalogueChange, self._runtime.run(catalogue.differences, read_catalogue(text, name)))

    def apply_catalogue(self, text: str, *, name: str = "the catalogue file") -> Rows[CatalogueChange]:
        """Register what a catalogue file describes, by the rules of `register`; write only what differs.

        A key that the file leaves out keeps what is stored; null clears it. A parameter that exists keeps its value.
        What is not in the file stays. Where the database has transactions, all of the file is written, or nothing.

        Args:
            text: The text of a catalogue file.
            name: How errors call the file.

        Returns:
            What was added and changed, and what the processes of the file have and the file does not.

        Raises:
            InvalidInput: It is no catalogue file, or the rules of `register` refuse a row; the error names the line.
            ProcessNotFound: The process of a task or a parameter is not registered.
            StageNotFound: The stage of a task is neither registered nor in the file.

        Example:
            `monitor.apply_catalogue(Path("catalogue.yaml").read_text("utf-8"), name="catalogue.yaml")`
        """
        return Rows(CatalogueChange, self._runtime.run(catalogue.apply, read_catalogue(text, name)))
