"""The reference of the HTTP door, made from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.server.app import document
from etl_monitor_orm.server.limits import Limits
from scripts.site.dictionary.columns import cell, table

Json = Mapping[str, Any]

HEAD: Final = """# HTTP

What `etl-monitor serve` answers to. [Over HTTP](../docs/http.md) says how to use it; a server hands out the same as an
OpenAPI document at `/openapi.json`. {description}
"""
GROUPS: Final = {
    "report": "Report",
    "ask": "Ask",
    "views": "Views",
    "health": "Health",
}
"""The document's tags in the order of the page."""


def openapi() -> Json:
    """Return the document; the database that it needs is empty and in memory."""
    with ETLMonitor("duckdb:///:memory:documented") as monitor:
        return document(monitor, Limits()).openapi()


def written() -> str:
    """Return the page."""
    whole = openapi()
    operations = [(path, verb, one) for path, verbs in whole["paths"].items() for verb, one in verbs.items()]
    parts = [HEAD.format(description=whole["info"]["description"])]
    for tag, title in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_operation(whole, path, verb, one) for path, verb, one in operations if tag in one["tags"]]
    parts += [_refusals(whole), "## Answers\n", *(_answer(whole, name) for name in _answers(whole))]
    return "\n".join(parts)


def _operation(whole: Json, path: str, verb: str, one: Json) -> str:
    """The section of a route."""
    arguments = [*_parameters(one), *_body(whole, one)]
    answers = (answer for status, answer in one["responses"].items() if status.startswith("2"))
    answer = next(_named(answer["content"]["application/json"]["schema"]) for answer in answers)
    refused = [status for status in sorted(one["responses"]) if not status.startswith("2")]
    lines = [
        f"(http-{one['operationId']})=",
        f"### `{one['operationId']}`\n",
        f"```text\n{verb.upper()} {path}\n```\n",
        f"{one.get('description', one['summary'] + '.').strip()}\n",
    ]
    if arguments:
        lines.append(table(["Argument", "In", "Needed", "Type", "Meaning", "Example"], arguments) + "\n")
    if body := _plain_body(one):
        lines.append(f"Body: {body}\n")
    lines.append(f"Answers with [{answer}](#http-answer-{answer}).")
    if refused:
        lines.append(f"[Refuses](#http-refusals) with {', '.join(refused)}.")
    return "\n".join([*lines, ""])


def _parameters(one: Json) -> Iterator[list[str]]:
    for given in one.get("parameters", ()):
        yield _argument(given["name"], given["in"], given["schema"], needed=given["required"])


def _body(whole: Json, one: Json) -> Iterator[list[str]]:
    content = one.get("requestBody", {}).get("content", {})
    if shape := content.get("application/json"):
        yield from _fields(whole, _named(shape["schema"]), "body")


def _plain_body(one: Json) -> str:
    described: str = one.get("requestBody", {}).get("description", "")
    return described


def _fields(whole: Json, name: str, where: str) -> Iterator[list[str]]:
    kind = whole["components"]["schemas"][name]
    for field, schema in kind.get("properties", {}).items():
        yield _argument(field, where, schema, needed=field in kind.get("required", ()))


def _argument(name: str, where: str, schema: Json, *, needed: bool) -> list[str]:
    means, example = _first(schema, "description"), _first(schema, "examples")
    shown = f"`{json.dumps(example[0])}`" if example and example[0] != "" else ""
    return [f"`{name}`", where, "yes" if needed else "no", _type(schema), cell(means or ""), cell(shown)]


def _first(schema: Json, key: str) -> Any:
    """What the schema, or the first of its choices that has it, says."""
    if key in schema:
        return schema[key]
    return next((found for one in schema.get("anyOf", ()) if (found := _first(one, key))), None)


def _type(schema: Json) -> str:
    """A type in words: what a choice of several allows beside null and the texts of other types."""
    if "$ref" in schema:
        name = _named(schema)
        return f"[{name}](#http-answer-{name})"
    if choices := schema.get("anyOf"):
        return next((words for one in choices if (words := _type(one)) != "null"), "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if allowed := [f"`{word}`" for word in schema.get("enum", ()) if word]:
        return ", ".join(allowed)
    kind: str = schema.get("type", "any")
    return str(schema.get("format", "text")).replace("date-time", "time") if kind == "string" else kind


def _named(schema: Json) -> str:
    name: str = schema["$ref"].rpartition("/")[2]
    return name


def _refusals(whole: Json) -> str:
    """The section about what every route answers when it refuses."""
    meanings: dict[str, str] = {}
    for verbs in whole["paths"].values():
        for one in verbs.values():
            meanings |= {status: answer["description"] for status, answer in one["responses"].items()}
    rows = [[status, meaning] for status, meaning in sorted(meanings.items()) if not status.startswith("2")]
    return "\n".join(["(http-refusals)=", "## Refusals\n", table(["Status", "Meaning"], rows), ""])


def _answers(whole: Json) -> list[str]:
    """The names of the answers and of what they are made of; a body's arguments are with its route."""
    bodies = {
        _named(content["schema"])
        for verbs in whole["paths"].values()
        for one in verbs.values()
        for content in one.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    }
    return [name for name in whole["components"]["schemas"] if name not in bodies]


def _answer(whole: Json, name: str) -> str:
    rows = [[field, kind, means] for field, _, _, kind, means, _ in _fields(whole, name, "")]
    about = whole["components"]["schemas"][name].get("description", "")
    return "\n".join(
        [f"(http-answer-{name})=", f"### {name}\n", about, "", table(["Field", "Type", "Meaning"], rows), ""]
    )
