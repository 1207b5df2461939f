"""Where the journal of a database lies, and how its first line names the database."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

from sqlalchemy.engine import URL

from etl_monitor_orm.backends import backend_for, place

_ENDING = ".journal"


def named(url: URL, catalog: str | None, schema: str) -> str:
    """Return a database and a schema in it, without secrets: one journal has the calls of one of them."""
    path = url.database
    is_file = not backend_for(url.get_backend_name()).capabilities.users  # whoever has the file may do everything
    if path and is_file and not path.startswith(":"):
        url = url.set(database=os.path.abspath(path))
    return " ".join([place(url), *([] if catalog is None else [f"catalog={catalog}"]), f"schema={schema}"])


def journal_path(given: str | os.PathLike[str] | None, database: str) -> Path:
    """Return where the journal lies.

    Args:
        given: A file, or a folder for the journals of several databases; else the user's state folder.
        database: The database, as `named` names it.
    """
    short = re.sub(r"\W+", "-", re.sub(r" .*", "", database).rpartition("/")[2])[:40].strip("-")
    own = f"{short or 'database'}-{hashlib.sha256(database.encode()).hexdigest()[:12]}{_ENDING}"
    if given is None:
        return _state_folder() / "etl-monitor" / own
    path = Path(given)
    return path / own if path.is_dir() or str(given).endswith(os.sep) else path


def _state_folder() -> Path:
    """Where the programs of this user keep what must survive them."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    named_folder = os.environ.get("XDG_STATE_HOME", "")
    return Path(named_folder) if os.path.isabs(named_folder) else Path.home() / ".local" / "state"
