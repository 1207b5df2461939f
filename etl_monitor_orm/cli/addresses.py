"""Which process, run and task a command means: by its words and options, else by the environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from etl_monitor_orm import ETLMonitor, InvalidInput, Run, TaskHandle
from etl_monitor_orm.cli import completing, options, variables
from etl_monitor_orm.reporting.task_words import TaskWord
from etl_monitor_orm.settings import variable

OfTask = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROJECT PROCESS] [TASK]",
        help="TASK is ID, PASS.ID or the task's name [default: ETL_MONITOR_PROJECT, _PROCESS and _TASK].",
        show_default=False,
        autocompletion=completing.words,
    ),
]
OfProcess = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PROJECT PROCESS]",
        help="The process [default: the run's, or ETL_MONITOR_PROJECT and _PROCESS].",
        show_default=False,
        autocompletion=completing.process_words,
    ),
]
OfRun = Annotated[
    str | None, typer.Option("--run", metavar="EXECUTION_ID", help="The run [default: ETL_MONITOR_EXECUTION_ID].")
]
OnDate = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help="Processing date [default: ETL_MONITOR_DATE, or the run's]."),
]


@dataclass(frozen=True)
class Address:
    """What a command means, as far as it says so.

    Attributes:
        project: The project.
        process: The process.
        rest: The words after those of the process.
        on: The date.
        execution_id: The run.
        claim: The claim to the step, where the environment says which step is meant.
    """

    project: str | None
    process: str | None
    rest: tuple[str, ...] = ()
    on: date | None = None
    execution_id: str | None = None
    claim: str | None = None

    @classmethod
    def read(
        cls, words: Sequence[str] | None, *, own: int = 0, run: str | None = None, on: str | None = None
    ) -> Address:
        """Read a command's words: those of the process, or none of them, and up to `own` of its own.

        What the environment says of a run is taken only if the command means the same process, and of its date only if
        it means the same run.

        Raises:
            InvalidInput: There are too many words, or only one of the process's.
        """
        given = tuple(words or ())
        named = given[:2] if len(given) >= 2 and len(given) > own else ()
        rest = given[len(named) :]
        if len(rest) > own:
            raise InvalidInput(f"{len(given)} words are too many or too few here. See --help for what they mean.")
        project, process = named or (None, None)
        same_run = run is None or run == variables.of_process(variables.RUN, project, process)
        here = variables.of_process(variables.DATE, project, process) if same_run else None
        return cls(
            project or variable(variables.PROJECT),
            process or variable(variables.PROCESS),
            rest,
            options.day(on or here),
            run or variables.of_process(variables.RUN, project, process),
            variables.of_process(variables.CLAIM, project, process) if same_run else None,
        )

    def process_key(self) -> tuple[str, str]:
        """Return project and process.

        Raises:
            InvalidInput: Nothing says them.
        """
        if self.project is None or self.process is None:
            raise InvalidInput("No process is given. Write PROJECT PROCESS, or set ETL_MONITOR_PROJECT and _PROCESS.")
        return self.project, self.process

    def run(self, monitor: ETLMonitor) -> Run:
        """Return the run that is meant, by its id.

        Raises:
            InvalidInput: Nothing says which, or several processes have it.
            NotFoundError: There is no such run.
        """
        if self.execution_id is None:
            raise InvalidInput("No run is given. Write --run EXECUTION_ID, or set ETL_MONITOR_EXECUTION_ID.")
        if self.project is None or self.process is None:
            return monitor.get_run(self.execution_id, processing_date=self.on)
        return monitor.get_run(self.execution_id, self.project, self.process, self.on)

    def step(self, monitor: ETLMonitor, word: TaskWord) -> TaskHandle:
        """Return the step that is meant, by its run's id; a run that does not exist is refused when the step is used.

        Raises:
            InvalidInput: Nothing says which run, or several processes have it.
            NotFoundError: There is no such run, or no task of that name.
        """
        if self.execution_id is None or self.project is None or self.process is None:
            return self.run(monitor).task(word.task, word.workflow_id)
        return monitor.task(
            self.execution_id,
            self.project,
            self.process,
            word.task,
            workflow_id=word.workflow_id,
            processing_date=self.on,
        )

    def task(self) -> tuple[TaskWord, str | None]:
        """Return the task that is meant, and the environment's claim if that is about it.

        Raises:
            InvalidInput: Nothing says which.
        """
        here = variable(variables.TASK)
        if self.rest:
            word = TaskWord.read(self.rest[0])
            return word, self.claim if str(word) == here else None
        if here is None:
            raise InvalidInput("No task is given. Write TASK, or set ETL_MONITOR_TASK.")
        return TaskWord.read(here), self.claim
