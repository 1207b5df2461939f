"""Runs pipelines on Microsoft's framework, which evaluates; what Data Factory does on failure is added here.

The framework stops where an activity's conditions are not met. Data Factory skips it, and says how a pipeline ended by
its last activities: each must have succeeded, and for one that was skipped the ones before it must have. It says so in
"Understanding pipeline failures and error handling" (Azure Data Factory's blog); test_factory.py has its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from data_factory_testing_framework import TestFramework, TestFrameworkType
from data_factory_testing_framework._expression_runtime import expression_runtime
from data_factory_testing_framework._expression_runtime.data_factory_expression import (
    ExpressionTransformer as Transformer,
)
from data_factory_testing_framework.models import DataFactoryElement, Pipeline
from data_factory_testing_framework.models.activities import (
    Activity,
    ControlActivity,
    ExecutePipelineActivity,
    FailActivity,
    ForEachActivity,
    IfConditionActivity,
    SetVariableActivity,
    SwitchActivity,
    UntilActivity,
)
from data_factory_testing_framework.state import DependencyCondition, PipelineRunState, RunParameter, RunParameterType


def _once(read: Callable[[Transformer, str, object], str]) -> Callable[[Transformer, str, object], str]:
    """Read each expression once: how it reads does not depend on the state."""
    known: dict[str, str] = {}

    def reading(transformer: Transformer, expression: str, state: object) -> str:
        if expression not in known:
            known[expression] = read(transformer, expression, state)
        return known[expression]

    return reading


# The framework builds its grammar anew for every expression, which takes far longer than what follows.
expression_runtime.DataFactoryTestingFrameworkExpressionsTransformer = cache(Transformer)
Transformer.transform_to_dftf_evaluator_expression = _once(Transformer.transform_to_dftf_evaluator_expression)

SUCCEEDED, FAILED, SKIPPED = DependencyCondition.SUCCEEDED, DependencyCondition.FAILED, DependencyCondition.SKIPPED
LOOPS_AND_BRANCHES = (ForEachActivity, IfConditionActivity, SwitchActivity, UntilActivity)
MOST = 2_000
"""Activities: an Until that has not ended by then loops until its time is up."""
Json = dict[str, Any]


class TimeIsUp(Exception):
    """An Until has looped for longer than its timeout."""


def evaluated(expression: str, parameters: Json) -> Any:
    """Evaluate one expression over a pipeline's parameters."""
    given = [RunParameter(RunParameterType.Pipeline, name, value) for name, value in parameters.items()]
    return DataFactoryElement(expression).evaluate(PipelineRunState(given))


class PipelineRunner(TestFramework):
    """Runs one pipeline, and those that it calls."""

    def __init__(self, folder: str) -> None:
        super().__init__(TestFrameworkType.DataFactory, folder, should_evaluate_child_pipelines=True)
        self._seen: list[tuple[str, str]] = []
        self._waited = 0.0
        self._runs = 0
        self._pipelines: list[str] = []
        self._deadlines: list[float] = []
        self._scopes: list[tuple[bool, str | None]] = []
        self._returned: Json = {}
        self._answer: tuple[Any, Json | None] = (None, None)

    def activities(self, pipeline: str, parameters: Json, run_id: str) -> Iterator[Json]:
        """Yield each activity that another service does; `answer` says how it went."""
        self._run_id = run_id
        given = [RunParameter(RunParameterType.Pipeline, name, value) for name, value in parameters.items()]
        yield from self._pipeline(self.get_pipeline_by_name(pipeline), [*given, *self._system(pipeline, run_id)])

    def answer(self, output: Any, error: Json | None) -> None:
        """Take how the activity went that was yielded last."""
        self._answer = (output, error)

    def outcome(self) -> Json:
        """Return how the pipeline ended."""
        succeeded, error = self._scopes[-1]
        return {"succeeded": succeeded, "error": error, "seen": self._seen, "waited": self._waited}

    def evaluate_activities(self, activities: list[Activity], state: PipelineRunState) -> Iterator[Json]:
        """Run the activities of one scope in the order of their conditions."""
        too_often = len(self._seen) > MOST
        if self._deadlines and (too_often or self._waited > min(self._deadlines)):
            raise TimeIsUp
        results: dict[str, DependencyCondition] = {}
        errors: dict[str, str | None] = {}
        while len(results) < len(activities):
            ready = [
                each
                for each in activities
                if each.name not in results and all(before.activity in results for before in each.depends_on)
            ]
            assert ready, "activities wait for each other"
            for activity in ready:
                if activity.are_dependency_condition_met(state):
                    status, output, error = yield from self._run(activity, state)
                else:
                    status, output, error = SKIPPED, None, None
                results[activity.name], errors[activity.name] = status, (error or {}).get("message")
                state.add_activity_result(activity.name, status, output)
                state.get_activity_result_by_name(activity.name).error = error
                self._seen.append((f"{self._pipelines[-1]}.{activity.name}", status.value))
        blamed = [name for name in _last(activities, results) if results[name] is not SUCCEEDED]
        self._scopes.append((not blamed, next((errors[name] for name in blamed if errors[name]), None)))

    def _run(self, activity: Activity, state: PipelineRunState) -> Iterator[Json]:
        try:
            if isinstance(activity, ExecutePipelineActivity):
                return (yield from self._call(activity, state))
            if isinstance(activity, LOOPS_AND_BRANCHES):
                return (yield from self._inside(activity, state))
            activity.evaluate(state)
        except TimeIsUp:
            if not isinstance(activity, UntilActivity):
                raise
            return FAILED, None, {"message": f"{activity.name} timed out."}
        except Exception as error:  # what cannot be evaluated fails the activity, there as here
            return FAILED, None, {"message": f"{type(error).__name__}: {error}"}
        return (yield from self._do(activity, _plain(activity.type_properties), state))

    def _do(self, activity: Activity, properties: Json, state: PipelineRunState) -> Iterator[Json]:
        """Do what Data Factory does itself; what others do is yielded."""
        if isinstance(activity, FailActivity):
            return FAILED, None, {"message": properties["message"], "errorCode": properties["errorCode"]}
        if isinstance(activity, SetVariableActivity):
            return SUCCEEDED, activity.output, None
        if activity.type == "Wait":
            self._waited += properties["waitTimeInSeconds"]
            return SUCCEEDED, {}, None
        place = {"pipeline": self._pipelines[-1], "run_id": _run_id(state)}
        yield {"name": activity.name, "type": activity.type, "properties": properties, **place}
        output, error = self._answer
        return (SUCCEEDED, output, None) if error is None else (FAILED, output, error)

    def _inside(self, activity: ControlActivity, state: PipelineRunState) -> Iterator[Json]:
        activity.evaluate(state)
        before, deadlines = self._scopes, list(self._deadlines)
        self._scopes = []
        if isinstance(activity, UntilActivity):
            self._deadlines.append(self._waited + _seconds(activity.type_properties["timeout"]))
        try:
            yield from activity.evaluate_control_activities(state, self.evaluate_activities)
            # An Until goes on after a failure inside it, until its expression holds.
            passes = self._scopes[-1:] if isinstance(activity, UntilActivity) else self._scopes
        finally:
            self._scopes, self._deadlines = before, deadlines
        broken = [error for succeeded, error in passes if not succeeded]
        return (FAILED, None, {"message": broken[0]}) if broken else (SUCCEEDED, {}, None)

    def _call(self, activity: ExecutePipelineActivity, state: PipelineRunState) -> Iterator[Json]:
        activity.evaluate(state)
        name = activity.type_properties["pipeline"]["referenceName"]
        self._runs += 1
        run_id = f"{self._run_id}-{self._runs}"
        passed = [
            given for given in activity.get_child_run_parameters(state) if given.type is not RunParameterType.System
        ]
        yield from self._pipeline(self.get_pipeline_by_name(name), [*passed, *self._system(name, run_id)])
        succeeded, error = self._scopes.pop()
        output: Json = {"pipelineRunId": run_id}
        if succeeded and self._returned:
            output["pipelineReturnValue"] = self._returned
        return (SUCCEEDED, output, None) if succeeded else (FAILED, output, {"message": error, "errorCode": "2011"})

    def _pipeline(self, pipeline: Pipeline, parameters: list[RunParameter]) -> Iterator[Json]:
        try:
            given = pipeline.validate_and_append_default_parameters(parameters)
        except ValueError as error:  # Data Factory does not start a pipeline that misses a parameter
            self._scopes.append((False, str(error)))
            return
        self._pipelines.append(pipeline.name)
        state = PipelineRunState(given, pipeline.get_run_variables())
        before, self._deadlines = self._deadlines, []
        yield from self.evaluate_activities(pipeline.activities, state)
        self._deadlines, self._returned = before, state.return_values
        self._pipelines.pop()

    @staticmethod
    def _system(pipeline: str, run_id: str) -> list[RunParameter]:
        said = {"RunId": run_id, "Pipeline": pipeline, "DataFactory": "factory"}
        return [RunParameter(RunParameterType.System, name, value) for name, value in said.items()]


def _run_id(state: PipelineRunState) -> str:
    return state.get_parameter_by_type_and_name(RunParameterType.System, "RunId")


def _last(activities: list[Activity], results: dict[str, DependencyCondition]) -> list[str]:
    """The activities that say how a scope ended: the last ones, and for a skipped one those before it."""
    before = {each.name: [one.activity for one in each.depends_on] for each in activities}
    inner = {name for names in before.values() for name in names}

    def judged(name: str) -> list[str]:
        if results[name] is SKIPPED:
            return [found for one in before[name] for found in judged(one)]
        return [name]

    return list(dict.fromkeys(found for name in before if name not in inner for found in judged(name)))


def _plain(value: Any) -> Any:
    if isinstance(value, DataFactoryElement):
        return value.result
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _seconds(span: str) -> float:
    days, _, time = span.rpartition(".")
    hours, minutes, seconds = map(int, time.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
