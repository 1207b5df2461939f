"""The Spark edition's sample notebooks, cell by cell, as a notebook of Databricks runs them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

CONFIG, RUN = "02-config.py", "03-run.py"
CATALOG, SCHEMA = "sampledatacatalog", "etl"

_BREAK = "# COMMAND ----------"
_MAGIC = re.compile(r"^# (MAGIC|Databricks notebook source|DBTITLE).*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A code cell of a sample notebook."""

    title: str
    code: str

    @property
    def uses_spark(self) -> bool:
        """Whether it asks Spark itself for something."""
        return any(isinstance(node, ast.Name) and node.id == "spark" for node in ast.walk(ast.parse(self.code)))


def cells_of(notebook: str) -> Iterator[Cell]:
    """Yield the code cells of a notebook that the installed Spark edition brings."""
    for part in files("etl_monitor").joinpath("sample_usage", notebook).read_text("utf-8").split(_BREAK):
        title = re.search(r"^# DBTITLE 1,(.*)$", part, re.MULTILINE)
        code = _MAGIC.sub("", part).strip()
        if code:
            yield Cell(title[1].strip() if title else "", code)


@dataclass
class Notebook:
    """Runs cells with one namespace, as a notebook does.

    Attributes:
        monitor: What the first notebook calls so.
        wait: What `time.sleep` does.
        spark: The Spark session; None for an environment that has none.
        catalog: The catalog that the cells name.
        schema: The schema that the cells name.
    """

    monitor: Any
    wait: Callable[[float], object]
    spark: Any = None
    catalog: str = CATALOG
    schema: str = SCHEMA
    names: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        def import_(name: str, *args: Any) -> Any:
            return SimpleNamespace(sleep=self.wait) if name == "time" else builtins.__import__(name, *args)

        self.names |= {
            "__builtins__": {**vars(builtins), "__import__": import_},
            "monitor": self.monitor,
            "ETLMonitorFramework": type(self.monitor),
            "MY_CATALOG": self.catalog,
            "ETL_SCHEMA": self.schema,
            "spark": self.spark,
            "dbutils": SimpleNamespace(library=SimpleNamespace(restartPython=lambda: None)),
            "display": lambda frame: frame.display(),
        }

    def run(self, cell: Cell) -> None:
        exec(compile(cell.code, cell.title, "exec"), self.names)
