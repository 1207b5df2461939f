"""The whole machine: every rule on one driver, for whatever backend the factory makes monitors of."""

from __future__ import annotations

from .catalogue_rules import CatalogueRules
from .driver import MonitorFactory
from .report_rules import ReportRules
from .run_rules import RunRules
from .story_rules import StoryRules


class MonitorMachine(CatalogueRules, RunRules, ReportRules, StoryRules):
    """Drives the monitor through everything that the contract allows and forbids."""


def machine_for(make: MonitorFactory) -> type[MonitorMachine]:
    """The machine over monitors that ``make`` provides, one for each example."""
    return type(f"MonitorMachineOver_{make.__name__}", (MonitorMachine,), {"factory": staticmethod(make)})
