"""Makes what a monitor's settings ask for."""

from __future__ import annotations

from sqlalchemy.engine import URL

from etl_monitor_orm.journal.bridge import Bridge
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.handle import Journal
from etl_monitor_orm.journal.memory import Memory
from etl_monitor_orm.journal.places import journal_path, named
from etl_monitor_orm.journal.sending import Sender
from etl_monitor_orm.settings import Settings, WhenAway


def bridge_for(settings: Settings, url: URL) -> Bridge | None:
    """Return how calls go on while the database is away; None where they raise."""
    if settings.when_away is WhenAway.RAISE:
        return None
    if settings.when_away is WhenAway.WARN:
        return Bridge()
    file = _file(settings, url)
    return Bridge(file, Memory(file.path.with_name(f"{file.path.name}.seen")))


def journal_of(settings: Settings, url: URL, sender: Sender) -> Journal:
    """Return the journal of a database, whether or not this monitor writes into it."""
    return Journal(_file(settings, url), sender)


def _file(settings: Settings, url: URL) -> JournalFile:
    database = named(url, settings.catalog, settings.schema)
    return JournalFile(journal_path(settings.journal, database), database)
