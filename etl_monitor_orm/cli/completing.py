"""Completion of names in a shell: those of projects, processes and tasks.

It looks once, for a moment. Whatever goes wrong, there are no names, and nothing is printed, created or changed.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import typer

from etl_monitor_orm.cli import variables
from etl_monitor_orm.printable import named
from etl_monitor_orm.settings import variable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Offer = tuple[str, str]
"""A word, and what it means."""
Question = Callable[["Session"], list[Offer]]

PATIENCE: Final = 2.0
"""Seconds that a shell waits for names."""
_MOST: Final = 200
"""Names that are offered."""
_SAFE: Final = re.compile(r"\w[\w.@%+,/-]*")
"""A name that a shell takes as it is: one that is completed is typed, and any other could be a command."""


def project(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Return the projects whose codes begin so."""
    return _asked(ctx, lambda session: _projects(session, incomplete))


def process(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Return the processes of the project whose codes begin so."""
    code = ctx.params.get("project")
    return _asked(ctx, lambda session: _processes(session, code, incomplete)) if code else []


def task(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Return the tasks of the process, by number and by name."""
    named_so = ctx.params.get("project"), ctx.params.get("process")
    return _asked(ctx, lambda session: _tasks(session, *named_so, incomplete)) if all(named_so) else []


def words(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Return what may follow the words so far: a project, then a process, then a task.

    Where the environment names the process, its tasks are offered as the first word too.
    """
    given = [str(word) for word in ctx.params.get("words") or ()]

    def ask(session: Session) -> list[Offer]:
        match given:
            case []:
                here = variable(variables.PROJECT), variable(variables.PROCESS)
                return [*_projects(session, incomplete), *(_tasks(session, *here, incomplete) if all(here) else [])]
            case [code]:
                return _processes(session, code, incomplete)
            case [code, load]:
                return _tasks(session, code, load, incomplete)
            case _:
                return []

    return _asked(ctx, ask)


def process_words(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Return what may follow the words so far: a project, then a process."""
    return words(ctx, incomplete) if len(ctx.params.get("words") or ()) < 2 else []


def _projects(session: Session, incomplete: str) -> list[Offer]:
    from sqlalchemy import select

    from etl_monitor_orm.models import Process

    begins = Process.project_code.startswith(incomplete, autoescape=True)
    query = select(Process.project_code).where(begins).distinct().order_by(Process.project_code)
    return _offered((code, "") for code in session.scalars(query.limit(_MOST)))


def _processes(session: Session, code: str, incomplete: str) -> list[Offer]:
    from sqlalchemy import select

    from etl_monitor_orm.models import Process

    begins = Process.process_load.startswith(incomplete, autoescape=True)
    query = select(Process.process_load, Process.process_name).where(Process.project_code == code, begins)
    return _offered(session.execute(query.order_by(Process.process_load).limit(_MOST)))


def _tasks(session: Session, code: str | None, load: str | None, incomplete: str) -> list[Offer]:
    from sqlalchemy import select

    from etl_monitor_orm.models import Task

    query = select(Task.workflow_id, Task.task_id, Task.task_name)
    query = query.where(Task.project_code == code, Task.process_load == load)
    found = session.execute(query.order_by(Task.workflow_id, Task.task_id).limit(_MOST)).all()
    numbers = [(f"{workflow}.{number}", name) for workflow, number, name in found]
    names = [(name, f"{workflow}.{number}") for workflow, number, name in found if name]
    return [offer for offer in _offered([*numbers, *names]) if offer[0].startswith(incomplete)]


def _offered(found: Any) -> list[Offer]:
    return [(word, named(meaning or "")) for word, meaning in found if _SAFE.fullmatch(word)]


def _asked(ctx: typer.Context, question: Question) -> list[Offer]:
    """Ask the database that the command line names so far, in a thread: a driver may wait for longer than anybody."""
    options = [ctx.params.get(name) for name in ("url", "schema", "catalog")]
    found: list[Offer] = []

    def ask() -> None:
        with suppress(Exception), warnings.catch_warnings(action="ignore"):
            found.extend(_answer(options, question))

    thread = threading.Thread(target=ask, name="etl-monitor-completion", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return [] if thread.is_alive() else found


def _answer(options: Sequence[Any], question: Question) -> list[Offer]:
    from sqlalchemy.orm import Session

    from etl_monitor_orm.backends import backend_of
    from etl_monitor_orm.session import reading_engine

    url, schema, catalog = options
    engine = reading_engine(url, schema=schema, catalog=catalog, lock_wait=0)
    try:
        if backend_of(engine).nothing_to_read(engine) is not None:
            return []
        with Session(engine) as session:
            return question(session)
    finally:
        engine.dispose()
