"""Rules of watermarks and modes: moved by hand, read, and set back for bulk loads and reruns of the past."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from . import choices
from .catalogue_rules import value_argument
from .driver import Action, Driver, actions
from .reference import watermarks
from .reference.state import ProcessKey

MOVES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "advance": st.fixed_dictionaries(
        {
            "process": choices.maybe_processes,
            "name": choices.parameter_names,
            "value": choices.moments | choices.ids | st.just("now"),
            "allow_rewind": st.sampled_from([False, False, True]),
        }
    ),
    "set_mode": st.fixed_dictionaries(
        {
            "process": choices.maybe_processes,
            "mode": st.sampled_from(["live", "live", "bulk", "historic", "bulk and historic"]),
            "day": choices.dates,
        }
    ),
    "set_one_parameter": st.fixed_dictionaries(
        {"process": choices.maybe_processes, "name": choices.parameter_names, "value": choices.values}
    ),
    "set_one_back": st.fixed_dictionaries({"process": choices.maybe_processes, "name": choices.parameter_names}),
}


class WatermarkRules(Driver):
    @rule(move=actions(MOVES))
    def move_watermarks(self, move: Action) -> None:
        self.do(move)

    @rule(process=choices.processes)
    def go_live(self, process: ProcessKey) -> None:
        self.set_mode(process, "live", choices.DATES[0])

    def advance(self, process: ProcessKey, name: str, value: datetime | int | str, allow_rewind: bool) -> None:
        """Move a watermark by hand: also to the present, where steps of the same day can collide with it."""
        to = self.clock() if isinstance(value, str) else value
        given = {"new_int_value": to} if isinstance(to, int) else {"new_datetime_value": to}
        self.both(
            lambda: self.monitor.advance_watermark(*process, name, **given, allow_rewind=allow_rewind),
            lambda now: watermarks.advance(
                watermarks.parameter_of(self.world, process, name), now, to, allow_rewind=allow_rewind
            ),
        )

    def set_mode(self, process: ProcessKey, mode: str, day: date) -> None:
        bulk, historic = "bulk" in mode, day if "historic" in mode else None
        self.both(
            lambda: self.monitor.set_processing_mode(
                *process, is_bulk_mode=bulk, is_historic_mode=historic is not None, historic_date=historic
            ),
            lambda now: watermarks.set_mode(self.world, now, process, bulk=bulk, historic=historic),
        )

    def set_one_parameter(self, process: ProcessKey, name: str, value: datetime | int | bool) -> None:
        self.both(
            lambda: self.monitor.set_processing_mode(*process, parameter_name=name, **value_argument(value)),
            lambda now: watermarks.set_one(self.world, now, process, name, value),
        )

    def set_one_back(self, process: ProcessKey, name: str) -> None:
        self.both(
            lambda: self.monitor.set_processing_mode(*process, is_bulk_mode=True, parameter_name=name),
            lambda now: watermarks.set_back(self.world, now, process, name),
        )

    @rule(process=choices.maybe_processes, name=choices.parameter_names)
    def read(self, process: ProcessKey, name: str) -> None:
        answers = self.both(
            lambda: self.monitor.get_active_watermark(*process, name),
            lambda now: watermarks.parameter_of(self.world, process, name).active,
        )
        assert answers is None or answers[0] == answers[1]
