"""How a test runs a pipeline: it answers each activity, and reads how the pipeline ended."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.adf.pack import put_together
from tests.patience import PATIENT

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Activity:
    """An activity that Data Factory has another service do.

    Attributes:
        pipeline: The pipeline in which it stands.
        name: Its name there.
        type: Its type: Lookup, WebActivity, DatabricksNotebook or Copy.
        properties: Its `typeProperties`, with every expression evaluated.
        run_id: RunId of the pipeline's run.
    """

    pipeline: str
    name: str
    type: str
    properties: dict[str, Any]
    run_id: str


@dataclass(frozen=True)
class Answer:
    """How an activity went: its output, or its error."""

    output: Any = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a pipeline ended.

    Attributes:
        succeeded: Whether Data Factory would count it as succeeded.
        error: The message with which it failed.
        seen: Every activity that was looked at, as `pipeline.name` and its status, in their order.
        waited: Seconds that its Wait activities took.
    """

    succeeded: bool
    error: str | None
    seen: tuple[tuple[str, str], ...]
    waited: float

    def ran(self, *pipelines: str) -> list[str]:
        """Return the names of the activities that were not skipped, of all or some pipelines."""
        names = [name.split(".", 1) for name, status in self.seen if status != "Skipped"]
        return [name for pipeline, name in names if not pipelines or pipeline in pipelines]

    def status(self, name: str) -> list[str]:
        """Return each status that an activity, known as `pipeline.name`, had."""
        return [status for seen, status in self.seen if seen == name]


Answers = Callable[[Activity], Answer]


def succeeded(output: Any = None) -> Answer:
    """Return the answer of an activity that succeeded."""
    return Answer({} if output is None else output)


def failed(message: str, code: str = "UserError") -> Answer:
    """Return the answer of an activity that failed."""
    return Answer(error={"message": message, "errorCode": code})


class Factory:
    """Runs pipelines, one after the other."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, object],
        answers: Answers,
        *,
        run_id: str = "adf-run",
        folder: Path | None = None,
    ) -> Outcome:
        """Run a pipeline to its end.

        Args:
            pipeline: Its name.
            parameters: What the trigger passes.
            answers: Does what an activity asks of another service.
            run_id: The RunId; those of pipelines that it calls follow from it.
            folder: The folder with the pipelines; else the pack, with `copy` put over it.
        """
        heard = self._ask(
            {"run": pipeline, "parameters": dict(parameters), "run_id": run_id, "folder": str(folder or self._folder)},
        )
        while "activity" in heard:
            try:
                answer = answers(Activity(**heard["activity"]))
            except BaseException:
                self._ask({"stop": True})
                raise
            heard = self._ask({"output": answer.output, "error": answer.error})
        if "trouble" in heard:
            raise AssertionError(heard["trouble"])
        return Outcome(heard["succeeded"], heard["error"], tuple(map(tuple, heard["seen"])), heard["waited"])

    def evaluate(self, expression: str, **parameters: object) -> Any:
        """Evaluate one expression over a pipeline's parameters."""
        heard = self._ask({"evaluate": expression, "parameters": parameters})
        if "trouble" in heard:
            raise AssertionError(heard["trouble"])
        return heard["result"]

    def _ask(self, said: Mapping[str, object]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the factory's process ended"
        return json.loads(line)


@contextmanager
def start_factory() -> Iterator[Factory]:
    """Start the factory's process; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.adf.factory"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Factory(process, put_together(Path(folder)))
    finally:
        process.stdin.close()  # it reads until there is nothing more
        process.stdout.close()
        process.wait(PATIENT)
