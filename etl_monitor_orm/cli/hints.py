"""What a command says in words: about options instead of arguments, with hints that lead to the same database."""

from __future__ import annotations

import re
import shlex
from contextvars import ContextVar
from typing import Final

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from etl_monitor_orm.backends import repeatable
from etl_monitor_orm.printable import harmless, one_line

_given: ContextVar[tuple[str, ...]] = ContextVar("etl_monitor_given_options", default=())
"""The options that name the database, as they were given to this command."""

_OF_A_CONDITION: Final = "Error: where"
_PLACE: Final = ("--url", "--schema", "--catalog")
_COMMAND: Final = re.compile(r"`etl-monitor ([^`]*)`")
_WORDS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r",? or call `?(?:monitor\.setup\(\)|monitor\.adopt\(\)|migrations\.repair\([^)]*\))`?", ""),
        (r", monitor\.(?:revoke_token\(name\)|tokens\(\))", ""),
        (r"^Error: scope is ", "Error: --scope is "),
        (r"^Error: name (?=is |must )", "Error: NAME "),
        (r"\bexpires_in\b", "--expires"),
        (r"`--schema`, schema=", "--schema"),
        (r"`--views-schema`, views_schema=", "--views-schema"),
        (r"\blayout=, --layout", "--layout"),
        (r"as an argument, as --url", "as --url"),
        (r"Pass actor=, or set", "Set"),
        (r"\bjournal= or ETL_MONITOR_JOURNAL", "--journal or ETL_MONITOR_JOURNAL"),
        (r"(?<![?&\w])(url|schema|catalog|layout)=(?=[\s,.])", r"--\1"),
        (r"(?<![?&\w])(url|schema|catalog|layout)=(?=\w+[\s,.]|')", r"--\1 "),
        (r"wait longer with lock_wait= or ETL_MONITOR_LOCK_WAIT", "wait longer with ETL_MONITOR_LOCK_WAIT"),
        (r"\btask_id=(\d+) with workflow_id=(\d+)", r"\2.\1"),
        (r"Pass the task_id and the workflow_id of one", "Write one of these"),
        (r"Pass its task_id", "Write its number"),
        (r"\bstatus_reset\(\.\.\., replay=True\)", "`etl-monitor reset --replay`"),
        (
            r"\bstatus_reset\(execution_id='([^']+)', task_id=(\d+), replay=True\)",
            r"`etl-monitor reset --run \1 --task \2 --replay`",
        ),
        (r"\badvance_watermark\(\.\.\., allow_rewind=True\)", "`etl-monitor watermark advance --allow-rewind`"),
        (r"\bsource_system_code\b", "--watermark"),
        (r"\bload_frequency\b", "--frequency"),
        (r"\blog_time_utc\b", "--time"),
        (r"\blog_type\b", "--type"),
        (r"\bnew_(?:datetime|int)_value\b", "VALUE"),
        (r"\bis_bulk_mode=True", "`mode bulk`"),
        (r"\bproject_code\b", "PROJECT"),
        (r"\bprocess_load\b", "PROCESS"),
        (r"\bexecution_id\b", "EXECUTION_ID"),
        (r"\bhistoric_date\b", "The date"),
        (r"\bprocessing_date\b", "--date"),
        (r"\bparameter_name\b=?", "--parameter"),
        (r"\b(value_int|value_bit|value_datetime|older_than)\b=?", lambda found: f"--{found[1].replace('_', '-')}"),
        (r"\b(workflow|sequence|task)_id\b", r"--\1"),
        (r"\breplay=True", "--replay"),
        (r"\bkeep_latest=True", "--keep-latest"),
        (r"\boverwrite=True", "--overwrite"),
        (r"\banyway=True", "--anyway"),
        (r"\bas backup=", "as --backup"),
        (r"\b(takeover|resume)=True", r"--\1"),
        (r"\bonly_due=True", "--only-due"),
        (r"\ballow_rewind=True", "--allow-rewind"),
        (r'\bif_running="(\w+)"', r"--if-running \1"),
        (r'\bfail_stale\(\.\.\., since="([\d-]+)"\)', r"`etl-monitor stale --fail --since \1`"),
        (r"\bfail_stale\(\)", "`etl-monitor stale --fail`"),
        (r"\bunskip_task\(\)", "`etl-monitor task unskip`"),
        (r"\bregister_sequence\(\)", "`etl-monitor register stage`"),
        (r"\bregister_(process|task|parameter)\(\)", r"`etl-monitor register \1`"),
        (r"\bstart_run\(\)", "`etl-monitor run start`"),
        (r"\bstatus_reset\(\)", "`etl-monitor reset`"),
    )
)
"""Python's words in our messages, and the command's. A message of a call reaches both kinds of people."""


def remember(url: str | None, schema: str | None, catalog: str | None) -> None:
    """Keep the options that name the database for this command's hints. Variables need no repetition."""
    options = zip(_PLACE, (_without_secrets(url), schema, catalog), strict=True)
    _given.set(tuple(word for name, value in options if value is not None for word in (name, value)))


def said(words: str) -> str:
    """Return our words as this command says them, in one line that no terminal obeys."""
    if words.startswith(_OF_A_CONDITION):
        return one_line(words.replace(_OF_A_CONDITION, "Error: --where", 1))  # its columns are called as in Python
    for pattern, instead in _WORDS:
        words = pattern.sub(instead, words)
    words = harmless(_COMMAND.sub(lambda found: f"`etl-monitor {_completed(found[1])}`", words))
    return " ".join(line.strip() for line in words.split("\n") if line.strip())  # blanks of a quoted value stay


def command(words: str) -> str:
    """Return a command with the options that lead to this database, in one line that no terminal obeys."""
    return one_line(f"etl-monitor {_completed(words.removeprefix('etl-monitor '))}")


def tell(words: str, *, err: bool = False) -> None:
    """Print a sentence of ours."""
    typer.echo(said(words), err=err)


def _completed(command: str) -> str:
    """The command with the options that lead to this database instead of its own."""
    try:
        words = shlex.split(command)
    except ValueError:  # a name within has a quotation mark
        return command
    kept = []
    remaining = iter(words)
    for word in remaining:
        if word in _PLACE:
            next(remaining, None)
        else:
            kept.append(word)
    return shlex.join([*kept, *_given.get()])


def _without_secrets(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        return repeatable(make_url(url.strip()), url.strip())
    except (ArgumentError, ValueError):
        return None


def warn_of_more(found: int, most: int) -> None:
    """Tell on stderr that a list may have been cut off."""
    if found == most:
        tell(f"There may be more than {most}: add --limit, or narrow the question.", err=True)
