"""Runs SQLAlchemy's dialect compliance suite on DuckDB: `pytest -c tests/dialect/setup.cfg tests/dialect`.

It is a run of its own, because SQLAlchemy's pytest plugin changes how every test of a run is collected.
The run fails when fewer tests pass than `policy.py` says, when an excluded test passes or fails in another way than
`exclusions.py` says, and when a test is skipped for a reason that is not listed there.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

import provision  # noqa: E402, F401 - registers the database's set-up
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403 - the plugin is its module's names

pytest_plugins = ["policy"]
