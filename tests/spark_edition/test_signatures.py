"""Every public method of the installed Spark edition is here, with the same arguments in the same order."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from etl_monitor.framework import ETLMonitorFramework as Theirs

from etl_monitor_orm.spark_edition import ETLMonitorFramework

METHODS = sorted(name for name, member in inspect.getmembers(Theirs, callable) if not name.startswith("_"))


def shape(function: object) -> list[tuple[str, object, object]]:
    assert callable(function)
    return [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", ["__init__", *METHODS])
def test_method_of_the_spark_edition_has_the_same_arguments_and_defaults(name: str) -> None:
    assert shape(getattr(ETLMonitorFramework, name)) == shape(getattr(Theirs, name))


@pytest.mark.parametrize("name", METHODS)
def test_method_of_the_spark_edition_is_called_on_the_class_or_an_object_as_there(name: str) -> None:
    kinds = [type(inspect.getattr_static(kind, name)) for kind in (ETLMonitorFramework, Theirs)]

    assert kinds[0] is kinds[1]


def test_importing_and_using_the_class_never_imports_spark() -> None:
    program = (
        "import sys\n"
        "from etl_monitor_orm.spark_edition import ETLMonitorFramework\n"
        "with ETLMonitorFramework('duckdb:///:memory:') as monitor:\n"
        "    monitor.setup()\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('pyspark', 'etl_monitor')])\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"
