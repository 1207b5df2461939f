"""Whether two texts are the same query."""

from __future__ import annotations

import pytest

from etl_monitor_orm.migrations.query_text import same_query

QUERY = "SELECT a.`Name`, 'it\\'s' || x FROM etl.`T` AS a WHERE a.`ID` >= 1"


@pytest.mark.parametrize(
    "other",
    [
        "SELECT\n    a.`Name`,\n    'it\\'s'||x\nFROM etl.`T`   AS a\nWHERE a.`ID`>= 1\n",
        "select a.name, 'it\\'s' || x from ETL.T as a where a.id >= 1",
        f"{QUERY};",
    ],
)
def test_given_a_query_when_it_is_only_written_differently_then_it_is_the_same(other: str) -> None:
    assert same_query(QUERY, other)


@pytest.mark.parametrize(
    "other",
    [
        QUERY.replace("it", "It"),
        QUERY.replace("'it\\'s'", "'it\\'s '"),
        QUERY.replace(" AS a", ""),
        QUERY.replace(">=", ">"),
        QUERY.replace("1", "2"),
        QUERY.replace("`Name`", "`Na me`"),
        f"{QUERY} -- and no more",
        "",
    ],
)
def test_given_a_query_when_it_says_something_else_then_it_is_another_one(other: str) -> None:
    assert not same_query(QUERY, other)
