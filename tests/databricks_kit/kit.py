"""The kit as a deployed bundle has it: read once, each reference in the place of its variable."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parents[2] / "samples" / "databricks"

GIVEN = {"host": "adb-1.azuredatabricks.net", "warehouse_id": "1234567890abcdef", "notify": "duty@example.com"}
"""What a deployment has to say: these variables have no default."""

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


@dataclass(frozen=True)
class Kit:
    """The bundle in a folder.

    Attributes:
        home: The folder.
    """

    home: Path = HOME

    @property
    def settings(self) -> dict[str, Any]:
        """`databricks.yml`."""
        return _yaml(self.home / "databricks.yml")

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """All resources by kind and key, as they are written."""
        together: dict[str, dict[str, Any]] = {}
        for pattern in self.settings["include"]:
            for file in sorted(self.home.glob(pattern)):
                for kind, found in _yaml(file)["resources"].items():
                    together.setdefault(kind, {}).update(found)
        return together

    @property
    def dashboard(self) -> dict[str, Any]:
        """The dashboard."""
        return json.loads((self.home / "src" / "monitor.lvdash.json").read_text("utf-8"))

    @property
    def datasets(self) -> dict[str, str]:
        """The SQL of each dataset of the dashboard."""
        return {one["name"]: "".join(one["queryLines"]) for one in self.dashboard["datasets"]}

    @property
    def files(self) -> list[str]:
        """The files that resources refer to, as they are written: beside the folder `resources`."""
        named = [one["file_path"] for one in self.resources["dashboards"].values()]
        for job in self.resources["jobs"].values():
            for task in job["tasks"]:
                (one,) = (task[kind] for kind in ("spark_python_task", "notebook_task") if kind in task)
                named.append(one.get("python_file") or one["notebook_path"])
        return named

    def deployed(self, **given: object) -> dict[str, dict[str, Any]]:
        """All resources as a deployment makes them, with values for variables."""
        values = {name: one.get("default") for name, one in self.settings["variables"].items()} | GIVEN | given
        return _resolved(self.resources, {f"var.{name}": value for name, value in values.items()})

    def alert(self, key: str, **given: object) -> dict[str, Any]:
        """One alert, as a deployment makes it."""
        return self.deployed(**given)["alerts"][key]


def references(written: object) -> set[str]:
    """What is referred to anywhere in a part of the bundle, such as `var.catalog`."""
    return set(_REFERENCE.findall(json.dumps(written)))


def _resolved(written: Any, values: dict[str, Any]) -> Any:
    if isinstance(written, dict):
        return {key: _resolved(one, values) for key, one in written.items()}
    if isinstance(written, list):
        return [_resolved(one, values) for one in written]
    while isinstance(written, str) and (found := _REFERENCE.search(written)):
        value = values[found[1]]
        written = value if found[0] == written else written.replace(found[0], str(value))  # alone, it keeps its type
    return written


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))
