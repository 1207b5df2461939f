"""Where this process runs: inside a Databricks job or notebook, which run and which cluster.

Databricks' own Python context says so, without a JVM; so it is known on shared and serverless compute too.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Whereabouts:
    """A Databricks run and cluster; None where there is none.

    Attributes:
        run_id: The job's run id.
        cluster_id: The cluster that runs the process.
    """

    run_id: str | None = None
    cluster_id: str | None = None


def whereabouts() -> Whereabouts:
    """Return where this process runs; empty outside Databricks, and where Databricks does not say."""
    if "DATABRICKS_RUNTIME_VERSION" not in os.environ:
        return Whereabouts()
    try:
        context = import_module("dbruntime.databricks_repl_context").get_context()
    except Exception:  # the context belongs to Databricks: an error in it must not stop the job
        return Whereabouts()
    run = getattr(context, "idInJob", None) or getattr(context, "currentRunId", None)
    cluster = getattr(context, "clusterId", None)
    return Whereabouts(str(run) if run else None, str(cluster) if cluster else None)
