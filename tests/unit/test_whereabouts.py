"""Inside Databricks its own context says which run and which cluster this is; that module exists nowhere else, so it is
played here."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from etl_monitor_orm.services.steps import Where
from etl_monitor_orm.whereabouts import Whereabouts, whereabouts


@pytest.fixture
def databricks(monkeypatch: pytest.MonkeyPatch):
    """Make this process look like one inside Databricks, with a context of these attributes."""

    def enter(**context: object) -> None:
        monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
        package, module = ModuleType("dbruntime"), ModuleType("dbruntime.databricks_repl_context")
        module.get_context = lambda: SimpleNamespace(**context)
        monkeypatch.setitem(sys.modules, "dbruntime", package)
        monkeypatch.setitem(sys.modules, "dbruntime.databricks_repl_context", module)

    return enter


def test_given_a_process_outside_databricks_when_asked_then_nothing_is_known(monkeypatch) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)

    assert whereabouts() == Whereabouts()


def test_given_a_job_when_asked_then_its_run_and_cluster_are_known(databricks) -> None:
    databricks(idInJob=814, currentRunId=815, clusterId="1109-081530-abc")

    assert whereabouts() == Whereabouts("814", "1109-081530-abc")


def test_given_a_run_without_an_id_in_its_job_when_asked_then_its_current_run_is_known(databricks) -> None:
    databricks(idInJob=None, currentRunId=815, clusterId=None)

    assert whereabouts() == Whereabouts("815", None)


def test_given_a_notebook_that_is_in_no_job_when_asked_then_only_the_cluster_is_known(databricks) -> None:
    databricks(clusterId="1109-081530-abc")

    assert whereabouts() == Whereabouts(None, "1109-081530-abc")


def test_given_databricks_without_its_context_when_asked_then_nothing_is_known(monkeypatch) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")

    assert whereabouts() == Whereabouts()


def test_given_a_job_when_a_caller_names_another_run_then_that_one_counts(databricks) -> None:
    databricks(idInJob=814, clusterId="1109-081530-abc")

    assert Where.read(source_type="DBX_JOB", source_run_id="run-of-adf", cluster_id=None) == Where(
        "DBX_JOB", "run-of-adf", "1109-081530-abc"
    )
