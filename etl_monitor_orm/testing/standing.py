"""How the steps stand that an assertion is about: those of a run, or of a process on a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, InvalidInput, Process, Run, inputs
from etl_monitor_orm.keys import ProcessKey, RunKey
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.testing.naming import label
from etl_monitor_orm.testing.text_table import text_table
from etl_monitor_orm.vocabulary import state_of

if TYPE_CHECKING:
    from etl_monitor_orm import TaskDetail


@dataclass(frozen=True)
class Standing:
    """The current attempts of some steps, in running order.

    Attributes:
        of: What they are the steps of, for the message.
        steps: The steps.
    """

    of: str
    steps: Sequence[TaskDetail]

    def table(self, expected: Mapping[object, str], wrong: Sequence[object]) -> list[str]:
        """Return the lines of a table of all steps.

        Args:
            expected: What was expected, by the step's label, or by what was asked for and is not there.
            wrong: Those of them that stand otherwise.
        """
        there = {label(step) for step in self.steps}
        absent = [asked for asked in expected if asked not in there]
        return text_table(
            ("Task", "Expected", "State", "Attempt", "Message"),
            [
                *(
                    (
                        label(step) in wrong,
                        (
                            label(step),
                            expected.get(label(step)),
                            state_of(step.status, is_running=step.is_running),
                            step.attempts,
                            step.log_message,
                        ),
                    )
                    for step in self.steps
                ),
                *((True, (asked, expected[asked], "no step", None, None)) for asked in absent),
            ],
        )


def standing(
    where: object, project_code: str | None, process_load: str | None, processing_date: date | str | None
) -> Standing:
    """Read how the steps stand (`v_taskDetail`).

    Args:
        where: A run, or a monitor.
        project_code: With a monitor, the project; else that of the one process that is registered.
        process_load: With a monitor, the process; else the one that is registered.
        processing_date: With a monitor, the date; else the one that `get_status` means.

    Raises:
        InvalidInput: The arguments do not lead to one run or process.
    """
    given = {"project_code": project_code, "process_load": process_load, "processing_date": processing_date}
    if isinstance(where, Run):
        if too_many := [name for name, value in given.items() if value is not None]:
            raise InvalidInput(f"A run has its process and its date. Leave out {' and '.join(too_many)}.")
        key = RunKey(ProcessKey(where.project_code, where.process_load), where.execution_id, where.processing_date)
        return Standing(str(key), where.status())
    if not isinstance(where, ETLMonitor):
        raise InvalidInput(
            f"The first argument is a {type(where).__name__}. Pass the run, or the monitor for its one process."
        )
    process = the_process(where, project_code, process_load)
    steps = where.get_status(process.project_code, process.process_load, processing_date)
    on = steps[0].processing_date if steps else inputs.optional_day("processing_date", processing_date)
    return Standing(f"{process} on {on}" if on else str(process), steps)


def the_process(monitor: ETLMonitor, project_code: object, process_load: object) -> ProcessKey:
    """Return the process that a test means: the named one, or the one that is registered (`ETLconfigProcess`).

    Raises:
        InvalidInput: Only a part is named; or nothing is named, and there is not exactly one.
    """
    if project_code is not None and process_load is not None:
        return inputs.process(project_code, process_load)
    if project_code is not None or process_load is not None:
        raise InvalidInput("project_code and process_load together name a process. Pass both, or neither.")
    with monitor.session() as session:
        names = select(Process.project_code, Process.process_load).order_by(Process.project_code, Process.process_load)
        registered = [ProcessKey(*row) for row in session.execute(names)]
    if len(registered) == 1:
        return registered[0]
    if not registered:
        raise InvalidInput("No process is registered in this monitor. Register one, or pass the monitor that has it.")
    known = [str(one) for one in registered]
    raise InvalidInput(
        f"{len(known)} processes are registered, such as {' and '.join(map(quoted, known[:2]))}. Pass the run, or "
        "project_code and process_load."
    )
