"""`db …`: its changes to the tables, and its output."""

from __future__ import annotations

import duckdb

from etl_monitor_orm.models.revision import SCHEMA_REVISION


def test_given_tables_up_to_date_when_upgraded_then_there_is_nothing_to_do(cli, url) -> None:
    told = cli("db", "upgrade", "--url", url)

    assert (told.code, told.out) == (0, f"{SCHEMA_REVISION}: nothing to do\n")


def test_given_no_database_when_upgraded_for_a_program_then_both_revisions_are_told(cli, tmp_path) -> None:
    told = cli("db", "upgrade", SCHEMA_REVISION, "--json", "--url", f"duckdb:///{tmp_path}/new.duckdb")

    assert told.json == {"before": None, "after": SCHEMA_REVISION}


def test_given_no_database_when_the_sql_is_asked_for_then_it_is_complete_and_no_file_is_made(cli, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/new.duckdb"

    script = cli("db", "upgrade", "--sql", "--url", url, "--schema", "own").out

    assert not (tmp_path / "new.duckdb").exists()
    with duckdb.connect(tmp_path / "new.duckdb") as connection:
        connection.execute(script)
    assert cli("db", "check", "--url", url, "--schema", "own").code == 0


def test_given_no_tables_when_their_revision_is_asked_for_then_there_is_none(cli, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/new.duckdb"

    told = cli("db", "current", "--url", url)

    assert (told.code, told.out) == (
        4,
        f"no tables; this version needs {SCHEMA_REVISION}: run `etl-monitor db upgrade --url {url}`\n",
    )
    assert cli("db", "current", "--json", "--url", url).json == {
        "revision": None,
        "head": SCHEMA_REVISION,
        "is_current": False,
        "is_usable": False,
    }


def test_given_tables_in_step_when_checked_for_a_program_then_no_difference_is_listed(cli, url) -> None:
    assert cli("db", "check", "--json", "--url", url).json == {"differences": [], "notes": []}


def test_given_a_nullable_column_of_the_users_when_checked_then_it_is_noted_and_all_is_well(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('ALTER TABLE etl."ETLsysLogs" ADD COLUMN "Extra" INTEGER')

    told = cli("db", "check", "--url", url)

    note = "Column ETLsysLogs.Extra is not one of the monitor's."
    assert (told.code, told.out.splitlines()[-1]) == (0, f"Note: {note}")
    assert cli("db", "check", "--json", "--url", url).json == {"differences": [], "notes": [note]}


def test_given_other_comments_when_checked_then_they_are_counted_and_all_is_well(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('COMMENT ON TABLE etl."ETLsysLogs" IS NULL')

    told = cli("db", "check", "--url", url)

    assert (told.code, told.out.splitlines()[-1]) == (0, "Note: Table ETLsysLogs has another comment.")
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('COMMENT ON COLUMN etl."ETLsysLogs"."RunID" IS \'theirs\'')
    told = cli("db", "check", "--url", url)
    assert (told.code, told.out.splitlines()) == (
        0,
        [
            "All tables and views are as they should be.",
            "Note: 2 comments differ from the monitor's; --json lists them.",
        ],
    )
    assert len(cli("db", "check", "--json", "--url", url).json["notes"]) == 2


def test_given_several_noted_revisions_when_one_is_stamped_then_the_way_out_works(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO etl.etl_monitor_version VALUES ('0000', NULL)")

    told = cli("db", "current", "--url", url)

    assert told.code == 4
    assert "several revisions" in told.err
    assert cli("db", "stamp", "--url", url).code == 0
    assert cli("db", "current", "--url", url).code == 0


def test_given_restored_tables_when_stamped_then_the_revision_is_noted(cli, url) -> None:
    assert cli("db", "stamp", "base", "--json", "--url", url).json == {"before": SCHEMA_REVISION, "after": None}
    assert cli("db", "stamp", "--url", url).out == f"no tables -> {SCHEMA_REVISION}\n"
    assert cli("db", "check", "--url", url).code == 0
