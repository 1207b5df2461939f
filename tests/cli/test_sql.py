"""`etl-monitor sql`: what anybody asks is answered, and nothing that anybody writes changes a thing."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import ETLMonitor, InvalidInput
from etl_monitor_orm.backends import backend_of, refuse_writing
from etl_monitor_orm.session import create_engine

READS = [
    "select 1",
    "(select 1)",
    "  /* why */ SELECT 1 -- because",
    "with x as (select 1 as a) select * from x;",
    "values (1)",
    "show tables",
    "explain select 1",
    "select 'delete; insert', \"update\", `merge`, $$ into $$ from t",
    "select 1 -- ; delete from t",
    "select 'it''s'",
]
WRITES = [
    "delete from t",
    "insert into t values (1)",
    "/* select */ update t set a = 1",
    "-- select\ndrop table t",
    "with x as (select 1) insert into t select * from x",
    "with x as (delete from t returning a) select * from x",
    "from x insert into t select *",
    "select 1 into t",
    "select * from t for update",
    "explain analyze create table x as select 1",
    "select 1; delete from t",
    "select 1;;select 2",
    "copy (select 1) to 'file.csv'",
    "attach 'other.db'",
    "set transaction read write",
    "select 'a\\'; delete from t; --'",
    "select /* /* */ 1; delete from t */ 1",
    "select 1 /* never closed",
    "",
    " -- nothing\n;",
]


@pytest.mark.parametrize("statement", READS)
def test_statement_that_reads_is_let_through(statement: str) -> None:
    assert refuse_writing(statement) == statement.removesuffix(";")


@pytest.mark.parametrize("statement", WRITES)
def test_statement_that_may_write_is_refused(statement: str) -> None:
    with pytest.raises(InvalidInput):
        refuse_writing(statement)


def test_connection_for_queries_of_others_refuses_to_write_itself(url: str) -> None:
    engine = create_engine(url)
    with pytest.raises(DBAPIError, match="read-only"), backend_of(engine).reading(engine) as connection:
        connection.exec_driver_sql('DELETE FROM etl."ETLsysLogs"')
    engine.dispose()


def test_given_a_query_when_run_then_its_rows_come_as_a_table_json_or_csv(cli, url: str) -> None:
    query = "select 1 as number, 'a,b' as text, null as nothing, 12.50 as money, true as flag, [1, 2] as list"
    table, json, csv = (cli("sql", query, *how, "--url", url) for how in ((), ("--json",), ("--csv",)))

    assert "number" in table.out
    assert json.json == [{"number": 1, "text": "a,b", "nothing": None, "money": "12.50", "flag": True, "list": [1, 2]}]
    assert csv.out == 'number,text,nothing,money,flag,list\n1,"a,b",,12.50,true,"[1, 2]"\n'


def test_given_percent_signs_and_colons_when_run_then_they_are_text(cli, url: str) -> None:
    told = cli("sql", "select '100% :a %s %(b)s ::c' as t", "--url", url, "--json")

    assert told.json == [{"t": "100% :a %s %(b)s ::c"}]


def test_given_two_columns_of_one_name_when_printed_as_json_then_both_are_there(cli, url: str) -> None:
    assert cli("sql", "select 1 as a, 2 as a", "--url", url, "--json").json == [{"a": 1, "a_2": 2}]


def test_given_a_query_on_standard_input_when_run_then_it_is_answered(cli, url: str) -> None:
    assert cli("sql", "-", "--csv", "--url", url, answer="select 7 as n\n").out == "n\n7\n"


def test_given_a_query_that_the_database_refuses_when_run_then_one_line_says_so(cli, url: str) -> None:
    told = cli("sql", "select nonsense", "--url", url)

    assert (told.code, told.out, told.err.count("\n")) == (5, "", 1)


def test_given_a_statement_that_writes_when_run_then_nothing_changes(cli, url: str, monitor: ETLMonitor) -> None:
    told = cli("sql", 'delete from etl."ETLProcessingSteps"', "--url", url)

    assert (told.code, len(monitor.runs("run-1"))) == (2, 1)


@pytest.mark.parametrize(
    "query", ["select * from nope", "select nextval('nope')", 'select "Nope" from etl."ETLsysLogs"']
)
def test_query_with_a_name_that_does_not_exist_is_the_callers_mistake(cli, url, query: str) -> None:
    told = cli("sql", query, "--url", url)

    assert told.code == 5
    assert "nope" in told.err.lower()
    assert "db upgrade" not in told.err


def test_query_of_a_view_that_was_dropped_names_the_command_that_restores_it(cli, url, monitor: ETLMonitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('DROP VIEW etl."v_taskDetail"')
    monitor.close()
    told = cli("sql", 'select * from etl."v_taskDetail"', "--url", url)

    assert told.code == 4
    assert "db repair" in told.err
