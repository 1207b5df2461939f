"""Where a user of Databricks keeps files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

from etl_monitor_orm.errors import ConfigurationError

_WORKSPACE: Final = Path("/Workspace")


def in_workspace(spark: object) -> Path:
    """Return the folder for samples of a Spark session's user.

    Raises:
        ConfigurationError: There is no session, or no workspace here.
    """
    if not callable(getattr(spark, "sql", None)) or not _WORKSPACE.is_dir():
        raise ConfigurationError("There is no workspace of Databricks here. Pass a folder: sample_usage('samples').")
    (user,) = cast(Any, spark).sql("SELECT current_user()").first()
    return _WORKSPACE / "Users" / Path(str(user)).name / "etl-monitor-orm" / "samples"
