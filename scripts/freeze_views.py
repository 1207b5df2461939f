"""Writes the views' current SQL beside a migration, as its frozen text.

    python scripts/freeze_views.py 0002 v_taskDetail

writes `alembic/views/0002/duckdb/v_taskDetail.sql`, for revision 0002 to execute. Without a view's name all six are
written, and so they are for a database that has no frozen views before that revision: there it joins. A revision that
was released is never frozen again: a changed view gets a new revision.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from etl_monitor_orm.backends import backend_for
from etl_monitor_orm.schemas import schema_map
from etl_monitor_orm.views import VIEWS, ViewBase
from etl_monitor_orm.views.ddl import CreateView

FROZEN: Final = Path(__file__).parents[1] / "alembic" / "views"
WIDTH: Final = 100
INDENT: Final = "    "

_PLACE: Final = "the_schema_of_the_monitor"
_TOKEN: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\w+|\s+|.""")
_CLAUSE: Final = r"\b(?:FROM|WHERE|GROUP BY|(?:LEFT OUTER )?JOIN)\b"


def frozen(view: type[ViewBase], dialect: str) -> str:
    """Return a view's CREATE statement, laid out for people, with `%(schema)s` for the schema's name."""
    compiled = CreateView(view).compile(
        dialect=make_url(f"{backend_for(dialect).drivername}://").get_dialect()(),
        schema_translate_map=schema_map(_PLACE),
        render_schema_translate=True,
    )
    head, query = re.split(r" AS (?=SELECT)", " ".join(str(compiled).split()), maxsplit=1)
    text = f"{head} AS\n{_query(query, '')}\n"
    return text.replace("%", "%%").replace(_PLACE, "%(schema)s")


def _query(text: str, pad: str) -> str:
    """A query with one clause a line, and one expression or condition a line within it."""
    select, *clauses = _cut_before(_CLAUSE, text)
    columns = _cut_before(r"(?<=, )", select.removeprefix("SELECT "))
    lines = [f"{pad}SELECT", *_filled((_expression(column, pad + INDENT) for column in columns), pad + INDENT)]
    for clause in clauses:
        first, *others = _cut_before(r"\b(?:ON|AND)\b", _expression(clause, pad))
        lines += [pad + first, *(pad + INDENT + other for other in others)]
    return "\n".join(lines)


def _expression(text: str, pad: str) -> str:
    """An expression. A query within it, or a CASE that is too long for its line, gets separate lines."""
    if inner := re.search(r"\((SELECT .*)\)(?= AS)", text):
        return f"{text[: inner.start(1)]}\n{_query(inner[1], pad + INDENT)}\n{pad}{text[inner.end(1) :]}"
    if len(pad) + len(text) <= WIDTH:
        return text
    within = f"\n{pad}{INDENT}"
    if window := re.search(r"OVER \((PARTITION BY .*) (ORDER BY .*)\)(?= AS)", text):
        return f"{text[: window.start(1)]}{within}{window[1]}{within}{window[2]}\n{pad}{text[window.end(2) :]}"
    if case := re.search(r"\bCASE (.*) (END\b.*)", text):
        branches = _cut_before(r"\b(?:WHEN|ELSE)\b", case[1])
        lines = (within + _expression(branch, pad + INDENT) for branch in branches)
        return f"{text[: case.start()]}CASE{''.join(lines)}\n{pad}{case[2]}"
    return within.join(_cut_before(r"\bTHEN\b", text))


def _filled(columns: Iterator[str], pad: str) -> list[str]:
    """Plain columns share a line while it is short enough; an expression gets its own line."""
    lines: list[str] = []
    room = False
    for column in columns:
        plain = "(" not in column and "CASE" not in column
        if plain and room and len(lines[-1]) + len(column) < WIDTH:
            lines[-1] += f" {column}"
        else:
            lines.append(pad + column)
        room = plain
    return lines


def _cut_before(pattern: str, text: str) -> list[str]:
    """Cut where the pattern matches, except within quotes, parentheses and CASE … END."""
    cuts = [match.start() for match in re.finditer(pattern, _outline(text))]
    return [text[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if text[a:b].strip()]


def _outline(text: str) -> str:
    depth, kept = 0, []
    for token in _TOKEN.findall(text):
        depth -= token in (")", "END")
        kept.append(token if depth == 0 and token[0] not in "'\"`" else "_" * len(token))
        depth += token in ("(", "CASE")
    return "".join(kept)


def main() -> None:
    """Write what the command line asks for."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("revision", help="the revision that will execute the text, such as 0002")
    command.add_argument("views", nargs="*", help="views to freeze; all when none is named")
    command.add_argument("--dialect", default="duckdb", help="database whose SQL is written (default: duckdb)")
    asked = command.parse_args()
    folder = FROZEN / asked.revision / asked.dialect
    # A database joins with all of its views: what it starts from is not written anywhere else.
    joins = not any(other.parent.name < asked.revision for other in FROZEN.glob(f"*/{asked.dialect}"))
    folder.mkdir(parents=True, exist_ok=True)
    for view in VIEWS:
        if joins or not asked.views or view.__tablename__ in asked.views:
            (folder / f"{view.__tablename__}.sql").write_text(frozen(view, asked.dialect), "utf-8")


if __name__ == "__main__":
    main()
