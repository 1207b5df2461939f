"""A YAML file as plain values that know their lines, so that a mistake is found where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.printable import listed, named, quoted


@dataclass(frozen=True)
class Place:
    """A line of a file.

    Attributes:
        file: The file, as it was named.
        line: Its line, from 1.
    """

    file: str
    line: int

    def refuse(self, words: str) -> NoReturn:
        """Say what is wrong here.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(f"{named(self.file, 300)}, line {self.line}: {words}")


@dataclass(frozen=True)
class Text:
    """A text, and where it stands."""

    text: str
    at: Place


class Entries:
    """Keys and values of one level of a file.

    Args:
        file: The file.
        node: What YAML found there.
        what: What they are of, for messages.
    """

    def __init__(self, file: str, node: yaml.Node, what: str) -> None:
        self.at = _place(file, node)
        self._file = file
        self._what = what
        if not isinstance(node, yaml.MappingNode):
            self.at.refuse(f"{what} must have entries, each `name: value`.")
        self._nodes: dict[str, yaml.Node] = {}
        self.places: dict[str, Place] = {}
        for key, value in node.value:
            at = _place(file, key)
            if not isinstance(key, yaml.ScalarNode):
                at.refuse(f"a name in {what} must be text.")
            if key.value in self._nodes:
                at.refuse(f"{named(key.value)} is there twice in {what}.")
            self._nodes[key.value] = value
            self.places[key.value] = at

    def allow(self, *names: str) -> None:
        """Refuse keys that nobody knows."""
        for name, at in self.places.items():
            if name not in names:
                at.refuse(f"{named(name)} is unknown in {self._what}. Known are: {', '.join(names)}.")

    def text(self, name: str) -> Text | None:
        """Return a value that must be text, if it is there."""
        node = self._nodes.get(name)
        return None if node is None else _text(self._file, node, f"{named(name)} of {self._what}")

    def texts(self, name: str) -> tuple[Text, ...] | None:
        """Return a text, or a list of texts, if it is there."""
        node = self._nodes.get(name)
        if node is None:
            return None
        what = f"{named(name)} of {self._what}"
        if not isinstance(node, yaml.SequenceNode):
            return (_text(self._file, node, what),)
        if not node.value:
            _place(self._file, node).refuse(f"{what} is an empty list. Leave it out, or name something.")
        return tuple(_text(self._file, one, what) for one in node.value)

    def entries(self, name: str) -> Entries:
        """Return the entries below a key, which must be there."""
        return Entries(self._file, self._needed(name), named(name))

    def list_of_entries(self, name: str, what: str) -> list[Entries]:
        """Return the entries of each member of a list, which must be there."""
        node = self._needed(name)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            _place(self._file, node).refuse(f"{named(name)} must be a list with at least one {what}.")
        return [Entries(self._file, one, f"a {what}") for one in node.value]

    def _needed(self, name: str) -> yaml.Node:
        if name not in self._nodes:
            self.at.refuse(f"{self._what} lacks {name}.")
        return self._nodes[name]


def read(path: str | Path) -> Entries:
    """Read a file.

    Raises:
        ConfigurationError: There is no such file, or it is no YAML.
    """
    file = str(path)
    try:
        node = yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"The file {named(file, 300)} cannot be read: {reason}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # YAML would quote the line, and a secret in it.
        problem = named(getattr(error, "problem", None) or "it cannot be read")
        Place(file, 1 if mark is None else mark.line + 1).refuse(f"this is no YAML: {problem}.")
    if node is None:
        Place(file, 1).refuse("the file is empty. It needs targets and rules.")
    return Entries(file, node, "the file")


def choice(given: Text, known: tuple[str, ...], what: str) -> str:
    """Return one of the known words, written in any case.

    Raises:
        ConfigurationError: It is none of them.
    """
    for word in known:
        if word.lower() == given.text.lower():
            return word
    given.at.refuse(f"{quoted(given.text)} is no {what}. Known are: {listed(known, given.text, 20)}.")


def _text(file: str, node: yaml.Node, what: str) -> Text:
    at = _place(file, node)
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        at.refuse(f"{what} must be text.")
    return Text(node.value.strip(), at)


def _place(file: str, node: yaml.Node) -> Place:
    return Place(file, node.start_mark.line + 1)
