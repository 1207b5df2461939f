"""The arguments of a route, as a model made from the library's own signature: the names cannot drift apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from typing import Any

from pydantic import BaseModel, Field, create_model

from etl_monitor_orm.server.arguments import ARGUMENTS, CLOSED

_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def model(name: str, like: Callable[..., object], more: Mapping[str, bool]) -> type[BaseModel]:
    """Return the model of a call's arguments.

    Args:
        name: The route's name.
        like: The library's function.
        more: Further arguments, and whether each is needed.
    """
    needed = {
        one.name: one.default is Parameter.empty
        for one in signature(like).parameters.values()
        if one.name != "self" and one.kind in _NAMED
    }
    return chosen(name, {**more, **needed})


def chosen(name: str, needed: Mapping[str, bool]) -> type[BaseModel]:
    """Return the model of some arguments, each of them needed or not."""
    fields: dict[str, Any] = {
        argument: (ARGUMENTS[argument], ...) if is_needed else (ARGUMENTS[argument] | None, Field(None))
        for argument, is_needed in needed.items()
    }
    return create_model("".join(word.title() for word in name.split("_")), __config__=CLOSED, **fields)


def given(body: BaseModel) -> dict[str, Any]:
    """Return the arguments that a request gives: null and the empty text leave out what may be left out."""
    needed = {name for name, field in type(body).model_fields.items() if field.is_required()}
    said = body.model_dump(exclude_unset=True)
    return {name: value for name, value in said.items() if name in needed or (value is not None and value != "")}


def told(errors: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the argument that is wrong, and what is wrong with it, by pydantic's errors; the values stay unsaid."""
    found = list(errors)
    first = found[0]
    where = list(first["loc"][1:]) or ["body"]
    if len(where) > 1 and isinstance(where[1], int):
        return str(where[0]), f"{where[0]}, entry {where[1] + 1}: {_of_entry(found, where[:2])}."
    field = next((str(part) for part in where if part), "body")
    return field, f"{where[0]}: {_words(first)}."


def _words(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).rstrip(".")


def _of_entry(errors: Iterable[Mapping[str, Any]], entry: list[object]) -> str:
    """What is wrong with one of several: of the types that it may have, it means the one in which most was found."""
    of_it = [error for error in errors if list(error["loc"][1:3]) == entry]
    deepest = max(of_it, key=lambda error: len(error["loc"]))
    inside = deepest["loc"][4:5]
    if inside:
        return f"{inside[0]}: {_words(deepest)}"
    return "It must be a text or an object"
