"""The Data Factory pack as it lies in the repository: its files, and what they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

PACK = Path(__file__).parents[2] / "samples" / "adf"
COPY = PACK / "copy"
"""What is put over the pack by somebody who copies: a do-the-work of its own, and what that calls."""
KINDS = ("pipeline", "linkedService", "dataset")
FILES = sorted(file for home in (PACK, COPY) for kind in KINDS for file in (home / kind).glob("*.json"))

Json = dict[str, Any]


def read(file: Path) -> Json:
    """Read one file of the pack."""
    return json.loads(file.read_text("utf-8"))


def name_of(file: Path) -> str:
    """Return the name by which a test's case is known."""
    return file.relative_to(PACK).with_suffix("").as_posix()


def pipelines() -> dict[str, Json]:
    """Return the properties of each pipeline, by its name; those of `copy` by `copy/NAME`."""
    files = [file for file in FILES if file.parent.name == "pipeline"]
    return {name_of(file).replace("pipeline/", ""): read(file)["properties"] for file in files}


def called(name: str) -> list[Json]:
    """Return the properties of every pipeline of a name: there may be one in the pack, and one to put over it."""
    return [properties for place, properties in pipelines().items() if place.rpartition("/")[2] == name]


def put_together(folder: Path) -> Path:
    """Write the pack into a folder, with `copy` put over it."""
    for home in (PACK, COPY):
        copytree(home / "pipeline", folder / "pipeline", dirs_exist_ok=True)
    return folder


def activities(within: object) -> Iterator[Json]:
    """Yield every activity of a pipeline, the ones inside of others too."""
    if isinstance(within, list):
        for each in within:
            yield from activities(each)
    elif isinstance(within, dict):
        if "typeProperties" in within and "dependsOn" in within:
            yield within
        for each in within.values():
            yield from activities(each)


def of_type(kind: str) -> list[tuple[str, Json]]:
    """Return each activity of a type, with the name of its pipeline."""
    return [
        (name, activity)
        for name, properties in pipelines().items()
        for activity in activities(properties["activities"])
        if activity["type"] == kind
    ]


def texts(within: object) -> Iterator[str]:
    """Yield every text in a JSON value: what is written there, not the keys."""
    if isinstance(within, str):
        yield within
    elif isinstance(within, list):
        for each in within:
            yield from texts(each)
    elif isinstance(within, dict):
        for each in within.values():
            yield from texts(each)
