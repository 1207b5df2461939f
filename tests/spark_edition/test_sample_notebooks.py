"""The Spark edition's sample notebooks run on this class: every cell that does not ask Spark itself."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ManualClock, Process, Task
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.cells import CONFIG, RUN, Cell, Notebook, cells_of

EMPLOYEES = ("HR", "EMPLOYEE_MASTER")
INDIA = (4, 1)

CELLS = {name: list(cells_of(name)) for name in (CONFIG, RUN)}


@pytest.fixture
def notebook(edition: ETLMonitorFramework, clock: ManualClock) -> Notebook:
    clock.set("2026-04-10 06:00")
    return Notebook(edition, clock.advance)


def run(notebook: Notebook, cell: Cell) -> None:
    """Run a cell; what it would change by Spark SQL, change by the monitor."""
    if not cell.uses_spark:
        notebook.run(cell)
    elif "IsActive      = FALSE" in cell.code:
        notebook.monitor.monitor.deactivate_task(*EMPLOYEES, *INDIA)
    elif "IsActive      = TRUE" in cell.code:
        notebook.monitor.monitor.activate_task(*EMPLOYEES, *INDIA)


def test_given_the_installed_notebooks_then_48_of_63_cells_ask_nothing_of_spark() -> None:
    cells = [cell for name in CELLS for cell in CELLS[name]]

    assert (len(cells), len([cell for cell in cells if not cell.uses_spark])) == (63, 48)


def test_given_both_notebooks_when_they_run_then_they_print_what_the_spark_edition_promises(
    notebook: Notebook, edition: ETLMonitorFramework, capsys: pytest.CaptureFixture[str]
) -> None:
    for cell in CELLS[CONFIG]:
        run(notebook, cell)
    with edition.monitor.session() as session:
        assert (session.query(Process).count(), session.query(Task).count()) == (4, 22)
    for cell in CELLS[RUN]:
        run(notebook, cell)

    told = capsys.readouterr().out
    guards = [line for line in told.splitlines() if line.startswith("Task (WF=1")]
    assert [line.partition("— ")[2] for line in guards] == [
        "active=False  status=NULL",
        "active=True  status=NQUE",
        "active=False  status=NULL",
        "active=True  status=NQUE",
    ]
    assert "unexpected" not in told
    retried = edition.get_status(*EMPLOYEES, execution_id=notebook.names["EXECUTION_ID_2"], attempts=1)
    assert [(row.TaskID, row.Status) for row in retried] == [(task, "DONE") for task in (0, 2, 3, 4, 5, 6, 7, 8)]
