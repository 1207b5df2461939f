"""Tells people what is late and what failed: rules from a file, one message an owner and process, several targets."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from etl_monitor_orm.extras import of_extra

if TYPE_CHECKING:
    from etl_monitor_orm.monitor import ETLMonitor
    from etl_monitor_orm.notify.watching import Watch


def watch_by(monitor: ETLMonitor, rules: str | os.PathLike[str], timeout: float = 30) -> Watch:
    """Return a watch over a monitor that tells people by the rules of a file.

    Args:
        monitor: The monitor.
        rules: The YAML file.
        timeout: How long a target may take for a message, in seconds.

    Raises:
        ConfigurationError: The extra `notify` is not installed, or the file cannot be read.
    """
    _require_extra()
    from etl_monitor_orm.notify.delivering import AppriseDelivery
    from etl_monitor_orm.notify.rules import read_rules
    from etl_monitor_orm.notify.watching import Watch

    read = read_rules(os.fspath(rules))
    return Watch(monitor, read, AppriseDelivery(read.targets, timeout))


def _require_extra() -> None:
    with of_extra("notify", "Telling people by rules", "apprise", "yaml"):
        import apprise  # noqa: F401
        import yaml  # noqa: F401
    # Its log has what servers answer, and servers may repeat what they were sent.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
