"""The factory's process: reads what to run, one JSON text a line, and says each activity on its output."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

from tests.adf.factory.dotnet import load


def main() -> None:
    """Serve until the input ends."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints, this conversation stays clean
    load()
    heard = (json.loads(line) for line in sys.stdin)
    for request in heard:
        try:
            _say(said, _served(request, heard, said))
        except Exception:
            _say(said, {"trouble": traceback.format_exc()})


def _served(request: dict[str, Any], heard: Iterator[dict[str, Any]], said: TextIO) -> dict[str, Any]:
    from tests.adf.factory.running import PipelineRunner, evaluated

    if "evaluate" in request:
        return {"result": evaluated(request["evaluate"], request["parameters"])}
    runner = PipelineRunner(request["folder"])
    for activity in runner.activities(request["run"], request["parameters"], request["run_id"]):
        _say(said, {"activity": activity})
        answer = next(heard)
        if "stop" in answer:
            return {"stopped": True}
        runner.answer(answer["output"], answer["error"])
    return runner.outcome()


def _say(said: TextIO, what: dict[str, Any]) -> None:
    said.write(json.dumps(what) + "\n")
    said.flush()


main()
