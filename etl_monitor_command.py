"""The command `etl-monitor`, as it is installed.

What a command imports is no garbage, yet Python would look through it again and again while it grows. Only a program
may turn that off, not a package that others import, so it is done here, before the package is imported.
"""

from __future__ import annotations

import gc
from typing import Final

_GARBAGE: Final = 50_000
"""New objects after which a command looks for garbage: it ends soon."""


def main() -> None:
    """Run `etl-monitor` and exit with its code."""
    gc.set_threshold(_GARBAGE)
    from etl_monitor_orm.cli import main as command

    command()


if __name__ == "__main__":
    main()
