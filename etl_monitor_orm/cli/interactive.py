"""`etl-monitor shell`: Python with the monitor at hand."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import etl_monitor_orm
from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.cli.options import Catalog, Schema, Url, opened

Plain = Annotated[bool, typer.Option("--plain", help="Python's own console, also where IPython is installed.")]


def shell(plain: Plain = False, url: Url = None, schema: Schema = None, catalog: Catalog = None) -> None:
    """Open Python with `monitor`, `session` and the mapped classes at hand.

    Uses IPython where it is installed. What you change is written when you call session.commit().
    """
    with opened(url, schema, catalog) as monitor, monitor.session() as session:
        names = _names(monitor) | {"session": session}
        banner = f"{monitor!r}\nAt hand: monitor, session, select, func, and the names of etl_monitor_orm."
        if plain or not sys.stdin.isatty() or not _ipython(names, banner):
            import code

            code.interact(banner=banner, local=names, exitmsg="")


def _names(monitor: ETLMonitor) -> dict[str, object]:
    from sqlalchemy import func, select

    public = {name: getattr(etl_monitor_orm, name) for name in etl_monitor_orm.__all__}
    return {**public, "monitor": monitor, "select": select, "func": func}


def _ipython(names: dict[str, object], banner: str) -> bool:
    """Open IPython; return whether it is there."""
    try:
        from IPython import start_ipython
    except ImportError:
        return False
    sys.stdout.write(f"{banner}\n")
    start_ipython(argv=["--no-banner"], user_ns=names)
    return True
