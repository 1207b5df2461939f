"""What a live page is narrowed to, as its address says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.printable import named, quoted
from etl_monitor_orm.services.overview.live import Look
from etl_monitor_orm.services.overview.parts import Wanted
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import RunState

STATES: Final[Mapping[str, RunState | None]] = {
    **{state.value.lower(): state for state in RunState},
    "not run": None,
}
"""Each state by its word in an address; None means that the process did not run."""
_NAMES: Final = ("project", "process", "state", "on")
_LONGEST: Final = 1_000


@dataclass(frozen=True)
class Filters:
    """What somebody wants to see; None does not restrict.

    Attributes:
        project: The project.
        process: The process within it.
        state: How the processes stand: a word of `STATES`.
        on: The last of the 14 days, and the one whose run is shown.
        only: The project that they may see, whatever they want; None means all.
    """

    project: str | None = None
    process: str | None = None
    state: str | None = None
    on: date | None = None
    only: str | None = None

    @classmethod
    def read(cls, given: Iterable[tuple[str, str]], only: str | None = None) -> Filters:
        """Read the query of an address: names and values, as they stand there.

        Raises:
            InvalidInput: A filter is unknown, stands there twice, or cannot be read.
        """
        found: dict[str, str] = {}
        for name, value in given:
            if name not in _NAMES:
                raise InvalidInput(f"{quoted(name)} is no filter. The filters are project, process, state and on.")
            if name in found:
                raise InvalidInput(f"{name} is given more than once. Give it once.")
            found[name] = value
        said = {name: inputs.text(name, value, longest=_LONGEST) for name, value in found.items() if value.strip()}
        state = said.get("state")
        if state is not None and state not in STATES:
            raise InvalidInput(f"state is {quoted(state)}; it must be one of: {', '.join(STATES)}.")
        if "process" in said and "project" not in said and only is None:
            raise InvalidInput(f"The process {named(said['process'])} has no project. Choose its project too.")
        on = inputs.day("on", said["on"]) if "on" in said else None
        return cls(said.get("project"), said.get("process"), state, on, only)

    def look(self) -> Look:
        """Return what is to be read for them."""
        return Look(
            Processes(self.only),
            Processes(self.project or self.only, self.process),
            Wanted(self.on, None if self.state is None else frozenset({STATES[self.state]})),
        )

    @property
    def words(self) -> str | None:
        """What they narrow the page to, for a person; None if nothing."""
        parts = [
            f"{name} {named(str(value), 80)}"
            for name, value in (("project", self.project), ("process", self.process), ("state", self.state))
            if value is not None
        ]
        if self.on is not None:
            parts.append(f"the 14 days up to {self.on}")
        return ", ".join(parts) or None

    def of_process(self, key: ProcessKey) -> str:
        """Return the link to one process, on the same days."""
        return replace(self, project=key.project_code, process=key.process_load, state=None).link

    def up_to(self, on: date) -> str:
        """Return the link to the days up to one."""
        return replace(self, on=on).link

    @property
    def link(self) -> str:
        """The address, as seen from itself."""
        given = {"project": self.project, "process": self.process, "state": self.state, "on": self.on}
        return f"?{urlencode({name: value for name, value in given.items() if value is not None})}"
