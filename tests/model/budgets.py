"""How long the machine plays: chosen by MODEL_BUDGET, `default` in continuous integration."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_COMMON = settings(
    deadline=None,
    print_blob=True,
    # The same games at every run: a gate that fails by chance teaches people to run it again. `thorough` explores.
    derandomize=True,
    # A step reads all tables and six views of a real database: slow by a property test's measure, and meant so.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

BUDGETS = {
    "quick": settings(_COMMON, max_examples=5, stateful_step_count=25),
    "default": settings(_COMMON, max_examples=25, stateful_step_count=50),
    "thorough": settings(_COMMON, derandomize=False, max_examples=1000, stateful_step_count=80),
}


def budget(name: str | None = None) -> settings:
    """The named budget, else the one that the environment chooses."""
    return BUDGETS[name or os.environ.get("MODEL_BUDGET", "default")]
