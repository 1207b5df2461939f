"""Rules: who is told of what, where, and when not; read from a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.notify import marked
from etl_monitor_orm.notify.marked import Entries, Place, Text
from etl_monitor_orm.notify.quiet import QuietHours, read_quiet_hours
from etl_monitor_orm.printable import listed, named
from etl_monitor_orm.services.telling import Item
from etl_monitor_orm.vocabulary import BreachKind

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OF_RULES: Final = ("name", "owner", "project", "process", "kinds", "severity", "quiet", "to")


class Severity(StrEnum):
    """How bad something is."""

    WARNING = "warning"
    ERROR = "error"


_SLOW: Final = frozenset({BreachKind.RUNNING_TOO_LONG, BreachKind.GONE_QUIET, BreachKind.WATERMARK_STILL})
_PROMISED: Final = frozenset({BreachKind.NOT_STARTED, BreachKind.NOT_DONE, BreachKind.NO_SUCCESS})


def severity_of(item: Item) -> Severity:
    """Return how bad something is: a broken promise and a mandatory failure are errors, all else is a warning."""
    bad = item.kind in _PROMISED or (item.kind == BreachKind.FAILED and item.mandatory)
    return Severity.ERROR if bad else Severity.WARNING


@dataclass(frozen=True)
class Target:
    """Where messages go.

    Attributes:
        name: Its name, which everyone may see.
        url: Its address for apprise, with its secrets; it is in no printed form.
        secrets: What of the environment stands in the address.
    """

    name: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Rule:
    """Who is told of what. What a rule does not name matches everything.

    Attributes:
        name: Its name, for people.
        line: Its line in the file.
        to: The targets' names.
        owners: Patterns for the owner of the process.
        projects: Patterns for the project.
        processes: Patterns for the process.
        kinds: The kinds of breach.
        severity: How bad it is at least.
        quiet: When nobody is told.
    """

    name: str
    line: int
    to: tuple[str, ...]
    owners: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    processes: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    severity: Severity = Severity.WARNING
    quiet: QuietHours | None = None

    def covers(self, process: ProcessKey, owner: str | None) -> bool:
        """Return whether the rule is about a process."""
        pairs = (
            (self.owners, owner or ""),
            (self.projects, process.project_code),
            (self.processes, process.process_load),
        )
        return all(patterns is None or any(_like(value, one) for one in patterns) for patterns, value in pairs)

    def matches(self, item: Item) -> bool:
        """Return whether people are told of something."""
        bad_enough = self.severity is Severity.WARNING or severity_of(item) is Severity.ERROR
        return bad_enough and (self.kinds is None or item.kind in self.kinds) and self.covers(item.process, item.owner)

    def is_quiet(self, now: datetime) -> bool:
        """Return whether nobody is told at a time."""
        return self.quiet is not None and self.quiet.contain(now)


@dataclass(frozen=True)
class Rules:
    """All rules of a file, and their targets by name."""

    targets: Mapping[str, Target]
    rules: tuple[Rule, ...]

    def remarks(self, processes: Iterable[tuple[ProcessKey, str | None]]) -> list[str]:
        """Return what is no mistake and yet does nothing: rules without a process, targets without a rule.

        Args:
            processes: The active processes and their owners.
        """
        known = list(processes)
        idle = [rule for rule in self.rules if not any(rule.covers(*one) for one in known)]
        used = {name for rule in self.rules for name in rule.to}
        return [
            *(f"The rule {named(rule.name)} (line {rule.line}) matches no active process." for rule in idle),
            *(f"No rule names the target {name}." for name in self.targets if name not in used),
        ]


def read_rules(path: str | Path, environment: Mapping[str, str] = os.environ) -> Rules:
    """Read rules and targets from a YAML file.

    Args:
        path: The file.
        environment: Where the variables are that targets name.

    Raises:
        ConfigurationError: The file cannot be read, or something in it is wrong; the error names the line.
    """
    file = marked.read(path)
    file.allow("targets", "rules")
    targets = {target.name: target for target in _targets(file.entries("targets"), environment)}
    rules = file.list_of_entries("rules", "rule")
    return Rules(targets, tuple(_rule(number, entries, targets) for number, entries in enumerate(rules, 1)))


def _targets(entries: Entries, environment: Mapping[str, str]) -> Iterable[Target]:
    if not entries.places:
        entries.at.refuse("targets has no target.")
    for name, at in entries.places.items():
        if not _NAME.fullmatch(name):
            at.refuse(f"{named(name)} is no name of a target: use letters, digits, `-`, `_` and `.`, at most 50.")
        given = entries.text(name)
        assert given is not None
        secrets: list[str] = []
        url = _VARIABLE.sub(lambda found: _variable(found[1], given.at, environment, secrets), given.text)  # noqa: B023
        yield Target(name, url, tuple(secrets))


def _variable(name: str, at: Place, environment: Mapping[str, str], secrets: list[str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        at.refuse(f"the variable {name} is not set, or empty.")
    secrets.append(value)
    return value


def _rule(number: int, entries: Entries, targets: Mapping[str, Target]) -> Rule:
    entries.allow(*_OF_RULES)
    name = entries.text("name")
    to = entries.texts("to")
    if to is None:
        entries.at.refuse("a rule lacks to: the name of a target, or a list of names.")
    for one in to:
        if one.text not in targets:
            one.at.refuse(f"{named(one.text)} is no target. Known are: {listed(list(targets), one.text)}.")
    kinds, severity, quiet = entries.texts("kinds"), entries.text("severity"), entries.text("quiet")
    return Rule(
        str(number) if name is None else name.text,
        entries.at.line,
        tuple(dict.fromkeys(one.text for one in to)),
        _plain(entries.texts("owner")),
        _plain(entries.texts("project")),
        _plain(entries.texts("process")),
        None if kinds is None else tuple(marked.choice(one, tuple(BreachKind), "kind") for one in kinds),
        Severity.WARNING if severity is None else Severity(marked.choice(severity, tuple(Severity), "severity")),
        None if quiet is None else _quiet(quiet),
    )


def _plain(texts: tuple[Text, ...] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(one.text for one in texts)


def _quiet(given: Text) -> QuietHours:
    try:
        return read_quiet_hours(given.text)
    except InvalidInput as error:
        given.at.refuse(str(error))


def _like(value: str, pattern: str) -> bool:
    """Whether a name is like a pattern, in which `*` stands for anything."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None
