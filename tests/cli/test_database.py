"""`db …`: what is done to the tables, and what is said of it."""

from __future__ import annotations

import duckdb


def test_given_tables_up_to_date_when_upgraded_then_there_is_nothing_to_do(cli, url) -> None:
    told = cli("db", "upgrade", "--url", url)

    assert (told.code, told.out) == (0, "0001: nothing to do\n")


def test_given_no_database_when_upgraded_for_a_program_then_both_revisions_are_told(cli, tmp_path) -> None:
    told = cli("db", "upgrade", "0001", "--json", "--url", f"duckdb:///{tmp_path}/new.duckdb")

    assert told.json == {"before": None, "after": "0001"}


def test_given_no_database_when_the_sql_is_asked_for_then_it_makes_the_tables_and_nothing_was_opened(
    cli, tmp_path
) -> None:
    url = f"duckdb:///{tmp_path}/new.duckdb"

    script = cli("db", "upgrade", "--sql", "--url", url, "--schema", "own").out

    assert not (tmp_path / "new.duckdb").exists()
    with duckdb.connect(tmp_path / "new.duckdb") as connection:
        connection.execute(script)
    assert cli("db", "check", "--url", url, "--schema", "own").code == 0


def test_given_no_tables_when_their_revision_is_asked_for_then_there_is_none(cli, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/new.duckdb"

    told = cli("db", "current", "--url", url)

    assert (told.code, told.out) == (4, "no tables; this version needs 0001: run `etl-monitor db upgrade`\n")
    assert cli("db", "current", "--json", "--url", url).json == {"revision": None, "head": "0001", "is_current": False}


def test_given_tables_in_step_when_checked_for_a_program_then_no_difference_is_listed(cli, url) -> None:
    assert cli("db", "check", "--json", "--url", url).json == {"differences": []}


def test_given_restored_tables_when_stamped_then_the_revision_is_noted(cli, url) -> None:
    assert cli("db", "stamp", "base", "--json", "--url", url).json == {"before": "0001", "after": None}
    assert cli("db", "stamp", "--url", url).out == "no tables -> 0001\n"
    assert cli("db", "check", "--url", url).code == 0
