"""`etl-monitor adopt`, on a file with the Spark edition's tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import create_engine
from tests.adoption.theirs import Theirs
from tests.cli.conftest import Command

NOW_ON = "--anyway"  # the history has a step that ran some years ago by today's clock, and one that is young by its own


@pytest.fixture
def theirs(tmp_path: Path) -> str:
    """The URL of a file with tables of 1.0.0 in schema etl."""
    url = f"duckdb:///{tmp_path / 'theirs.duckdb'}"
    engine = create_engine(url)
    Theirs(engine, "etl", "C").history()
    engine.dispose()
    return url


def test_given_their_tables_when_adopted_then_they_pass_the_check(cli: Command, theirs: str) -> None:
    assert cli("db", "check", "--url", theirs).code == 4
    done = cli("adopt", "--url", theirs, NOW_ON)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("The Spark edition's tables in schema etl (kind C) are adopted.")
    assert cli("db", "check", "--url", theirs).code == 0
    again = cli("adopt", "--url", theirs)
    assert again.out == "The tables in schema etl are the monitor's already: nothing to adopt.\n"


def test_given_their_tables_when_only_looked_at_then_nothing_changes(cli: Command, theirs: str) -> None:
    looked = cli("adopt", "--url", theirs, "--dry-run", "--json")

    assert (looked.json["kind"], looked.json["done"]) == ("C", False)
    assert looked.json["changes"]
    assert "ALTER TABLE" in cli("adopt", "--url", theirs, "--sql").out
    assert cli("adopt", "--url", theirs, "--dry-run", "--json").json == looked.json


def test_given_a_backup_when_adopted_then_it_has_their_views_and_is_not_written_over(
    cli: Command, theirs: str, tmp_path: Path
) -> None:
    assert cli("adopt", "--url", theirs, NOW_ON, "--backup", "views.sql").code == 0
    assert (tmp_path / "views.sql").read_text("utf-8").count("CREATE") == 6


def test_given_a_schema_for_the_views_when_theirs_stay_then_both_sets_answer(cli: Command, theirs: str) -> None:
    refused = cli("adopt", "--url", theirs, NOW_ON, "--keep-their-views")
    assert refused.code == 2
    assert "--views-schema, or ETL_MONITOR_VIEWS_SCHEMA" in refused.err

    assert cli("adopt", "--url", theirs, NOW_ON, "--keep-their-views", "--views-schema", "ours").code == 0
    assert cli("db", "check", "--url", theirs, "--views-schema", "ours").code == 0
    wrong = cli("status", "--url", theirs)
    assert wrong.code == 4
    assert "ETL_MONITOR_VIEWS_SCHEMA" in wrong.err


def test_given_the_variable_when_any_command_reads_then_it_reads_there(
    cli: Command, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_VIEWS_SCHEMA", "ours")
    assert cli("adopt", "--url", theirs, NOW_ON, "--keep-their-views").code == 0
    assert cli("status", "--url", theirs).code == 0
    assert cli("failures", "--url", theirs).code == 0
