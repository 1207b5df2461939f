"""Rules of the catalogue: registering, registering again, switching off and on, and everything refused there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from . import choices
from .driver import Action, Driver, actions
from .reference import registration, runs
from .reference.state import SYSDT, ProcessKey, RunKey, Slot

Columns = dict[str, object]

AMENDMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "register_process": st.fixed_dictionaries(
        {
            "process": choices.processes,
            "name": choices.names,
            "description": choices.optional_names,
            "owner": choices.names,
            "frequency": choices.frequencies,
        }
    ),
    "register_task": choices.slots.flatmap(
        lambda slot: st.fixed_dictionaries(
            {"process": choices.maybe_processes, "slot": st.just(slot), "columns": choices.task_columns(slot)}
        )
    ),
    # Numbers that mostly do not go together, and stages that may not exist.
    "register_task_anywhere": st.fixed_dictionaries(
        {
            "slot": st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1)]),
            "stage": st.sampled_from([0, 1, choices.CUSTOM_STAGE, 42]),
            "columns": choices.task_columns((1, 1)),
        }
    ),
    "register_parameter": st.fixed_dictionaries(
        {
            "process": choices.maybe_processes,
            "name": choices.parameter_names,
            "kind": st.sampled_from([None, None, None, "DELTA_DATE", "DELTA_ID", "SYSTEM"]),
            "description": choices.names,
            "value": st.none() | choices.values,
            "advancing": choices.advancing,
        }
    ),
    "register_sequence": st.fixed_dictionaries(
        {
            "sequence_id": st.sampled_from([5, 9, choices.CUSTOM_STAGE, 11]),
            "code": st.sampled_from(["CUSTOM", "MART", " "]),
            "name": choices.optional_names,
            "order": st.integers(min_value=0, max_value=3),
        }
    ),
    "set_process_active": st.fixed_dictionaries({"process": choices.maybe_processes, "active": st.booleans()}),
    "set_task_active": st.fixed_dictionaries(
        {"process": choices.maybe_processes, "slot": choices.slots, "active": st.booleans()}
    ),
}


class CatalogueRules(Driver):
    @initialize(
        first=choices.catalogues,
        second=st.none() | choices.catalogues,
        watermark=st.sampled_from([None, choices.MOMENTS[0]]),
        advancing=choices.advancing,
        pinnable=st.booleans(),
        day=choices.dates,
    )
    def begin(
        self,
        first: dict[Slot, Columns],
        second: dict[Slot, Columns] | None,
        watermark: datetime | None,
        advancing: dict[str, Any],
        pinnable: bool,
        day: date,
    ) -> None:
        """A process or two with tasks and watermarks, and a first run: where monitoring begins."""
        for process, catalogue in zip(choices.PROCESSES, (first, second), strict=False):
            if catalogue is None:
                continue
            self.register_process(process, "Load", None, "Ann", "D")
            self.register_parameter(process, "Extract", None, "source A", watermark, advancing)
            self.register_parameter(process, choices.ID_WATERMARK, None, "ids", None)
            if pinnable:
                self.register_parameter(process, SYSDT, None, "", None)
            for slot, columns in catalogue.items():
                self.register_task(process, slot, columns)
        run = RunKey(choices.EXECUTIONS[0], choices.PROCESSES[0], day)
        self.both(
            lambda: self.monitor.start_run(*run.process, day, execution_id=run.execution_id),
            lambda now: runs.start_run(self.world, now, run),
        )

    @rule(amendment=actions(AMENDMENTS))
    def amend_the_catalogue(self, amendment: Action) -> None:
        self.do(amendment)

    def register_process(
        self, process: ProcessKey, name: str, description: str | None, owner: str, frequency: str
    ) -> None:
        self.both(
            lambda: self.monitor.register_process(
                *process, name=name, description=description, owner=owner, load_frequency=frequency
            ),
            lambda now: registration.register_process(self.world, now, process, name, description, owner, frequency),
        )

    def register_task_anywhere(self, slot: Slot, stage: int, columns: Columns) -> None:
        self.register_task(choices.PROCESSES[0], slot, {**columns, "sequence_id": stage})

    def register_task(self, process: ProcessKey, slot: Slot, columns: Columns) -> None:
        workflow_id, task_id = slot
        given: dict[str, Any] = dict(columns)
        self.both(
            lambda: self.monitor.register_task(*process, task_id=task_id, workflow_id=workflow_id, **given),
            lambda now: registration.register_task(self.world, now, process, slot, columns),
        )

    def register_parameter(
        self,
        process: ProcessKey,
        name: str,
        kind: str | None,
        description: str,
        value: datetime | int | bool | None,
        advancing: dict[str, Any] | None = None,
    ) -> None:
        """Register with the type that goes with the name (None), or with another."""
        type_ = kind or choices.natural_kind(name)
        self.both(
            lambda: self.monitor.register_parameter(
                *process, name, type_, description=description, **value_argument(value), **(advancing or {})
            ),
            lambda now: registration.register_parameter(
                self.world, now, process, name, type_, description, value, advancing
            ),
        )

    def register_sequence(self, sequence_id: int, code: str, name: str | None, order: int) -> None:
        self.both(
            lambda: self.monitor.register_sequence(sequence_id, code, name=name, sort_order=order),
            lambda now: registration.register_sequence(self.world, now, sequence_id, code, name, None, order),
        )

    def set_process_active(self, process: ProcessKey, active: bool) -> None:
        switch = self.monitor.activate_process if active else self.monitor.deactivate_process
        self.both(
            lambda: switch(*process),
            lambda now: registration.set_process_active(self.world, now, process, active),
        )

    def set_task_active(self, process: ProcessKey, slot: Slot, active: bool) -> None:
        switch = self.monitor.activate_task if active else self.monitor.deactivate_task
        workflow_id, task_id = slot
        self.both(
            lambda: switch(*process, task_id, workflow_id),
            lambda now: registration.set_task_active(self.world, now, process, slot, active),
        )


def value_argument(value: datetime | int | bool | None) -> dict[str, Any]:
    """A parameter's value under the keyword that its kind of value has."""
    match value:
        case None:
            return {}
        case bool():
            return {"value_bit": value}
        case int():
            return {"value_int": value}
        case _:
            return {"value_datetime": value}
