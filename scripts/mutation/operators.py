"""Mutations that a query invites and the library lacks: a condition, a key or an operand is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import parso
from cosmic_ray.operators.operator import Example, Operator
from parso.tree import BaseNode, NodeOrLeaf

Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]

_CALLS: Final = frozenset({"where", "and_", "or_", "having", "order_by", "group_by", "case"})


class DropArgument(Operator):
    """Leaves out one argument of `where`, `and_`, `order_by` and their like."""

    def mutation_positions(self, node: NodeOrLeaf) -> Positions:
        """Yield where an argument can be left out."""
        for element in _elements(node) if _is_call(node) else ():
            yield element.start_pos, element.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        """Return the call without one argument."""
        return _without(node, index)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """What it does."""
        return (Example("x.where(a, b)", "x.where( b)"),)


class DropElement(Operator):
    """Leaves out one element of a tuple or list with two or more."""

    def mutation_positions(self, node: NodeOrLeaf) -> Positions:
        """Yield where an element can be left out."""
        if node.type != "testlist_comp" or any(child.type == "sync_comp_for" for child in node.children):
            return
        elements = _elements(node)
        for element in elements if len(elements) > 1 else ():
            yield element.start_pos, element.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        """Return the elements without one; what is left stays a tuple."""
        left = _without(node, index)
        return left if left.get_code().rstrip().endswith(",") else parso.parse(f"{left.get_code()},")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """What it does."""
        return (Example("x = (a, b, c)", "x = ( b, c,)"),)


class DropOperand(Operator):
    """Leaves out one side of `&` and `|`."""

    def mutation_positions(self, node: NodeOrLeaf) -> Positions:
        """Yield where an operand can be left out."""
        if node.type in ("and_expr", "expr"):
            for operand in node.children[::2]:
                yield operand.start_pos, operand.end_pos

    def mutate(self, node: BaseNode, index: int) -> NodeOrLeaf:
        """Return the expression without one operand."""
        operator = node.children[1].value
        left = [child.get_code() for number, child in enumerate(node.children[::2]) if number != index]
        return parso.parse(operator.join(left))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """What it does."""
        return (Example("x = a & b", "x = b"),)


class Provider:
    """The operators by name, as the library asks for them."""

    _operators: Final = {operator.__name__: operator for operator in (DropArgument, DropElement, DropOperand)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._operators)

    def __getitem__(self, name: str) -> type[Operator]:
        return self._operators[name]


def _is_call(node: NodeOrLeaf) -> bool:
    """Whether these are the arguments of a call in which one can be left out."""
    trailer = node.parent
    if node.type != "arglist" or trailer is None or trailer.type != "trailer":
        return False
    return getattr(trailer.get_previous_leaf(), "value", None) in _CALLS


def _elements(node: NodeOrLeaf) -> list[NodeOrLeaf]:
    return [child for child in node.children if getattr(child, "value", None) != ","]


def _without(node: BaseNode, index: int) -> NodeOrLeaf:
    left = [element.get_code() for number, element in enumerate(_elements(node)) if number != index]
    return parso.parse(",".join(left))
