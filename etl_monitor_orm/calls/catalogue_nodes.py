"""YAML as nodes that know their lines: what a catalogue file is read from, before it means anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.inputs import encodable
from etl_monitor_orm.printable import named, one_line, quoted

_PREFIX: Final = "tag:yaml.org,2002:"
_NULL: Final = f"{_PREFIX}null"
_BOOLEAN: Final = f"{_PREFIX}bool"
_SCALARS: Final = tuple(f"{_PREFIX}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value"))
_TRUE: Final = ("true", "yes", "on")


@dataclass(frozen=True)
class Source:
    """A file that is read.

    Attributes:
        name: How errors call it.
    """

    name: str

    def refusal(self, words: str, line: int | None = None) -> InvalidInput:
        """Return the error about a line, or about the whole file."""
        where = "" if line is None else f", line {line}"
        return InvalidInput(f"{named(self.name)}{where}: {words}")

    def root(self, text: str) -> Node | None:
        """Return the one document of a text; None if it has none.

        Raises:
            InvalidInput: It is no YAML.
        """
        import yaml  # only catalogue files need it

        if encodable(text) != text:
            raise self.refusal("It has a character that no database can store: NUL, or half of a surrogate pair.")
        # libyaml's parser is eight times as fast, where PyYAML was built with it.
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            found = yaml.compose(text, Loader=loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            words = one_line(error.problem or str(error))
            line = None if mark is None else mark.line + 1
            raise self.refusal(f"This is no YAML: {words}.", line) from error
        except yaml.YAMLError as error:
            line = _line_of_bad_character(text)
            raise self.refusal("It has a control character. Write it as an escape in double quotes.", line) from error
        except RecursionError as error:
            raise self.refusal("Its lists and mappings are nested too deeply for a catalogue.") from error
        return None if found is None else Node(self, found)


def _line_of_bad_character(text: str) -> int | None:
    kept = ("\n", "\r", "\t", "\x85")
    place = next((at for at, one in enumerate(text) if one not in kept and (one < " " or "\x7f" <= one < "\xa0")), None)
    return None if place is None else text.count("\n", 0, place) + 1


class Node:
    """One place in a file.

    Args:
        source: The file.
        found: PyYAML's node.
    """

    def __init__(self, source: Source, found: Any) -> None:
        self.source = source
        self._found = found

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return int(self._found.start_mark.line) + 1

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is written there, or null."""
        return bool(self._found.id == "scalar" and self._found.tag == _NULL)

    def refusal(self, words: str) -> InvalidInput:
        """Return the error about this place."""
        return self.source.refusal(words, self.line)

    def items(self, what: str) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of a mapping.

        Raises:
            InvalidInput: It is none, or has a key twice.
        """
        if self._found.id != "mapping":
            raise self.refusal(f"{what} must be `key: value` lines.")
        seen: dict[str, int] = {}
        for key, value in self._found.value:
            name = Node(self.source, key)
            if key.id != "scalar":
                raise name.refusal("A key must be one word.")
            if key.value in seen:
                raise name.refusal(f"{named(key.value)} is on line {seen[key.value]} already. Keep one of them.")
            seen[key.value] = name.line
            yield str(key.value), Node(self.source, value).below(name)

    def entries(self, what: str) -> list[Node]:
        """Return the entries of a list; nothing is an empty one.

        Raises:
            InvalidInput: It is no list.
        """
        if self.is_nothing:
            return []
        if self._found.id != "sequence":
            raise self.refusal(f"{what} must be a list: each entry begins with a dash.")
        return [Node(self.source, one) for one in self._found.value]

    def text(self, name: str) -> str | None:
        """Return what is written, whatever YAML would make of it: `no` is the text `no`, and 007 keeps its zeros.

        Raises:
            InvalidInput: It is no single value.
        """
        if self._found.id != "scalar":
            raise self.refusal(f"{name} must be one value, not a list or a mapping.")
        if self._found.tag not in _SCALARS:
            raise self.refusal(f"{name} has the tag {quoted(self._found.tag)}, which means nothing here. Leave it out.")
        return None if self.is_nothing else str(self._found.value)

    def switch(self, name: str) -> bool | None:
        """Return true or false, or None if nothing is written.

        Raises:
            InvalidInput: It is anything else.
        """
        written = self.text(name)
        if written is None:
            return None
        if self._found.tag != _BOOLEAN:
            raise self.refusal(f"{name} is {quoted(written)}; it must be true or false.")
        return written.lower() in _TRUE

    def below(self, key: Node) -> Node:
        """Return this node as the value of a key: an empty one begins on the key's line."""
        return _Value(self.source, self._found, key.line)


class _Value(Node):
    """The value of a key; errors about it name the key's line, where people look for it."""

    def __init__(self, source: Source, found: Any, line: int) -> None:
        super().__init__(source, found)
        self._line = line

    @property
    def line(self) -> int:
        return self._line
