"""What the package's extras install, where one is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from etl_monitor_orm.errors import ConfigurationError


@contextmanager
def of_extra(extra: str, asked: str, *modules: str) -> Iterator[None]:
    """A block that imports modules which an extra of the package installs.

    Args:
        extra: The extra, such as `page`.
        asked: What needs it, for the message.
        modules: What it installs, as Python imports it. If something else is missing, the error is not about the extra.

    Raises:
        ConfigurationError: The extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in modules:
            raise
        way = f"Run `python -m pip install 'etl-monitor-orm[{extra}]'`."
        raise ConfigurationError(f"{asked} needs {error.name}, which is not installed. {way}") from error
