"""The bundle is what Databricks' own models of it say, and all that it refers to is there."""

from __future__ import annotations

import re

import pytest
import sqlglot
from databricks.bundles.alerts import Alert
from databricks.bundles.catalogs import Catalog
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from packaging.specifiers import SpecifierSet
from sqlglot import expressions

from etl_monitor_orm import views
from etl_monitor_orm.models import Base, StoredRequest, StoredToken

from .kit import GIVEN, HOME, Kit, references

BUNDLE = {"bundle.name", "bundle.target"}
MODELS = {"jobs": Job, "alerts": Alert, "dashboards": Dashboard}
KIT = Kit()


def test_given_the_bundle_when_its_resources_are_read_then_each_fits_its_published_model() -> None:
    assert set(KIT.resources) == set(MODELS)
    for kind, named in KIT.deployed().items():
        for resource in named.values():
            MODELS[kind].from_dict(resource)


def test_given_a_field_that_no_model_has_when_a_resource_is_read_then_it_is_refused() -> None:
    (dashboard,) = KIT.deployed()["dashboards"].values()

    with pytest.raises(ValueError, match="dataset_catalogue"):
        Dashboard.from_dict({**dashboard, "dataset_catalogue": "main"})


def test_given_the_bundle_when_its_references_are_followed_then_each_variable_is_declared_and_used() -> None:
    declared = {f"var.{name}" for name in KIT.settings["variables"]}

    assert references([KIT.resources, KIT.settings]) - {"workspace.current_user.userName", *BUNDLE} == declared
    assert {name for name, one in KIT.settings["variables"].items() if "default" not in one} == set(GIVEN)


def test_given_another_catalog_and_schema_when_deployed_then_every_resource_follows() -> None:
    deployed = KIT.deployed(catalog="ops", schema="watch")

    assert "`main`" not in str(deployed)
    assert (
        "catalog=ops&schema=watch"
        in deployed["jobs"]["etl_monitor_migration"]["tasks"][0]["spark_python_task"]["parameters"][0]
    )
    (dashboard,) = deployed["dashboards"].values()
    assert (dashboard["dataset_catalog"], dashboard["dataset_schema"]) == ("ops", "watch")
    for alert in deployed["alerts"].values():
        tables = list(sqlglot.parse_one(alert["query_text"], read="databricks").find_all(expressions.Table))
        assert {(table.catalog, table.db) for table in tables} == {("ops", "watch")}


def test_given_the_bundle_when_its_files_are_looked_for_then_each_is_in_the_kit() -> None:
    for path in KIT.files:
        assert (HOME / "resources" / path).resolve().is_relative_to(HOME)
        assert (HOME / "resources" / path).is_file(), path


def test_given_the_readme_when_its_table_is_read_then_each_of_its_files_is_in_the_kit() -> None:
    first_cells = re.findall(r"^\| `([^`]+)` \|", (HOME / "README.md").read_text("utf-8"), re.MULTILINE)

    assert "databricks.yml" in first_cells
    assert [name for name in first_cells if not (HOME / name).exists()] == []


def test_given_the_production_target_when_a_person_deploys_it_then_it_has_a_root_path() -> None:
    target = KIT.settings["targets"]["prod"]

    # CLI, validate_target_mode.go: an error without a root path; validate.go: a warning below /Workspace/Shared.
    assert target["mode"] == "production"
    assert target["workspace"]["root_path"].startswith("/Workspace/Users/${workspace.current_user.userName}/")
    assert {"bundle.name", "bundle.target"} <= references(target)
    # CLI, apply_bundle_permissions.go: the levels that a bundle's own permissions may have.
    assert {one["level"] for one in target["permissions"]} == {"CAN_VIEW"}


def test_given_another_run_as_when_deployed_then_the_required_cli_allows_a_dashboard() -> None:
    required = SpecifierSet(KIT.settings["bundle"]["databricks_cli_version"])

    assert (required.contains("0.296.0"), required.contains("0.297.0")) == (False, True)
    assert [one for one in KIT.deployed()["dashboards"].values() if one.get("embed_credentials")] == []


@pytest.mark.parametrize("key", KIT.resources["alerts"])
def test_given_development_mode_when_deployed_then_each_alert_still_looks_and_repeats(key: str) -> None:
    alert = KIT.alert(key)

    # CLI, apply_presets.go: development pauses what has no pause_status of its own.
    assert alert["schedule"]["pause_status"] == "UNPAUSED"
    assert alert["evaluation"]["notification"]["retrigger_seconds"] == 3600
    assert KIT.alert(key, repeat_seconds=0)["evaluation"]["notification"]["retrigger_seconds"] == 0


def test_given_the_jobs_when_their_tasks_are_read_then_no_notebook_has_a_job_environment() -> None:
    tasks = [task for job in KIT.resources["jobs"].values() for task in job["tasks"]]

    # Workspaces without that preview refuse it: "A task environment can not be provided for notebook task".
    assert [task["task_key"] for task in tasks if "notebook_task" in task and "environment_key" in task] == []
    assert [task["task_key"] for task in tasks if "spark_python_task" in task and "environment_key" not in task] == []


def test_given_the_jobs_when_their_tasks_are_ordered_then_each_waits_for_a_task_and_has_its_packages() -> None:
    for job in KIT.resources["jobs"].values():
        keys = [task["task_key"] for task in job["tasks"]]
        environments = {one["environment_key"] for one in job["environments"]}
        for place, task in enumerate(job["tasks"]):
            assert {one["task_key"] for one in task.get("depends_on", [])} <= set(keys[:place])
            assert task["environment_key"] in environments


def test_given_an_alert_when_its_column_is_looked_for_then_the_query_selects_it() -> None:
    for alert in KIT.deployed()["alerts"].values():
        query = sqlglot.parse_one(alert["query_text"], read="databricks")
        assert alert["evaluation"]["source"]["name"] in query.named_selects


GRANT = re.compile(
    r"GRANT (?P<privileges>[A-Z, ]+) ON (?P<kind>CATALOG|SCHEMA|TABLE|VIEW) (?P<name>\S+) TO `(?P<who>[\w-]+)`"
)
OF_TOKENS = {StoredToken.__tablename__, StoredRequest.__tablename__}
OF_THE_MONITOR = {table.name for table in Base.metadata.sorted_tables} - OF_TOKENS
NAMES = {"CATALOG": "`main`", "SCHEMA": "`main`.`etl`"}
"""What each kind of statement must name; `init` puts other names in their place."""


def _statements() -> list[str]:
    lines = (HOME / "grants.sql").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def test_given_the_grants_when_they_are_read_then_each_privilege_is_a_published_one() -> None:
    for statement in _statements():
        found = GRANT.fullmatch(statement)
        assert found, statement
        if found["kind"] not in NAMES:
            assert found["privileges"] in ("SELECT", "SELECT, MODIFY")
            continue
        privileges = [one.strip().replace(" ", "_") for one in found["privileges"].split(",")]
        model = {"CATALOG": Catalog, "SCHEMA": Schema}[found["kind"]]
        model.from_dict(
            {
                "name": "x",
                **({"catalog_name": "y"} if model is Schema else {}),
                "grants": [{"principal": found["who"], "privileges": privileges}],
            }
        )
        assert found["name"] == NAMES[found["kind"]]


def test_given_the_grants_when_roles_are_compared_then_each_may_do_what_it_needs_and_no_more() -> None:
    may: dict[tuple[str, str], set[str]] = {}
    for statement in _statements():
        found = GRANT.fullmatch(statement)
        assert found
        what = found["name"].removeprefix("`main`.`etl`.")
        may[found["who"].removeprefix("etl-"), what] = {one.strip() for one in found["privileges"].split(",")}

    version, tables, seen = "etl_monitor_version", OF_THE_MONITOR, {stored for _, stored in views.HOMES.values()}
    assert {what: held for (who, what), held in may.items() if who == "readers" and "`" not in what} == {
        one: {"SELECT"} for one in {version, *tables, *seen}
    }
    assert {what: held for (who, what), held in may.items() if who == "reporters" and "`" not in what} == {
        **{one: {"SELECT"} for one in {version, *seen}},
        **{one: {"SELECT", "MODIFY"} for one in tables},
    }
    assert {what for who, what in may if who == "servers"} == OF_TOKENS
    on_the_schema = {who: held for (who, what), held in may.items() if what == "`main`.`etl`"}
    assert on_the_schema == {
        "readers": {"USE SCHEMA"},
        "reporters": {"USE SCHEMA"},
        "migrators": {"USE SCHEMA", "CREATE TABLE", "SELECT", "MODIFY"},
    }
