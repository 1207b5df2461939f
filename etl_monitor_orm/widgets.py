"""The widgets of the notebooks for Databricks: one set of names, and what is filled in as arguments of a call.

Data Factory's notebook activities and Databricks' jobs fill widgets in by name; a person fills them in by hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.settings import variable

__all__ = ["NAMES", "URL", "Given", "monitor", "read"]

NAMES: Final = (
    "execution_id",
    "project_code",
    "process_load",
    "task_id",
    "workflow_id",
    "sequence_id",
    "processing_date",
    "source_type",
    "log_message",
    "log_type",
    "log_code",
    "timestamp",
    "claim",
)
"""The widgets that every notebook has; each is the argument of that name of the monitor's calls."""

URL: Final = "etl_monitor_url"
"""The widget for the database's URL; else the variable ETL_MONITOR_URL says it."""

_FREE_TEXT: Final = "log_message"
_NUMBERS: Final = ("task_id", "workflow_id", "sequence_id")


class _Widgets(Protocol):
    def text(self, name: str, default: str, /) -> None: ...

    def get(self, name: str, /) -> str: ...


class _Utilities(Protocol):
    """What is used of Databricks' `dbutils`."""

    @property
    def widgets(self) -> _Widgets: ...


class Given(Mapping[str, str]):
    """The widgets that are filled in, by name.

    Example:
        `claim = monitor.start_task(**given.of(monitor.start_task))`
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def of(self, call: Callable[..., object]) -> dict[str, str]:
        """Return those of them that are arguments of a call.

        Args:
            call: A call of the monitor or of a run.

        Raises:
            InvalidInput: The call needs one that is empty.
        """
        takes = {name: one for name, one in inspect.signature(call).parameters.items() if name in NAMES}
        missing = [name for name, one in takes.items() if one.default is one.empty and name not in self]
        if missing:
            needed = f"The widget {missing[0]} is" if len(missing) == 1 else f"The widgets {', '.join(missing)} are"
            raise InvalidInput(
                f"{needed} empty, and {call.__name__} needs a value. Fill it in, or pass a parameter of this name."
            )
        return {name: self[name] for name in takes if name in self}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Given {', '.join(self)}>"


def read(dbutils: _Utilities) -> Given:
    """Make the widgets that are not there, and return those that are filled in. An empty one is not given.

    Args:
        dbutils: Databricks' own, as every notebook has it.

    Raises:
        InvalidInput: A widget other than `log_message` has blanks around its value, or one of the three ids is no
            number.
    """
    given = Given({name: value for name in NAMES if (value := _value(dbutils, name))})
    for name in _NUMBERS:
        inputs.optional_integer(
            name, given.get(name)
        )  # a notebook of two calls writes nothing if the second is refused
    return given


def monitor(dbutils: _Utilities) -> ETLMonitor:
    """Return a monitor on the database that the widget `etl_monitor_url` names, else ETL_MONITOR_URL.

    Keep a URL with a token out of the widget, because whoever sees the notebook's run sees it.

    Args:
        dbutils: Databricks' own.

    Raises:
        ConfigurationError: Neither is filled in, or the URL does not lead to a usable database.
        InvalidInput: The widget has blanks around its value.
    """
    url = _value(dbutils, URL) or variable("ETL_MONITOR_URL")
    if url is None:
        # The default would be a file on the compute's own disk, which is gone with it.
        raise ConfigurationError(
            f"No database is given. Fill in the widget {URL}, or set ETL_MONITOR_URL on the notebook's compute."
        )
    return ETLMonitor(url)


def _value(dbutils: _Utilities, name: str) -> str:
    dbutils.widgets.text(name, "")  # what a job or Data Factory has filled in stays
    value = dbutils.widgets.get(name)
    if value != value.strip() and name != _FREE_TEXT:
        raise InvalidInput(f"The widget {name} is {quoted(value)}, with blanks around it. Take them away.")
    return value
