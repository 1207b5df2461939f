"""Schemas whose names need quotes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm.dialects.duckdb.versions import SINCE_2_0

LACKS = ("folds_names",)  # Spark takes letters, digits and underscores

SCHEMAS = ["odd name", "semi;colon", "it's", "100%", "Ünïcode 😀"]
if SINCE_2_0:
    SCHEMAS.append('odd "name"')  # DuckDB 1.5 finds no sequence in a schema with such a name


@pytest.mark.parametrize("schema", SCHEMAS)
def test_given_a_schema_with_an_odd_name_when_used_then_its_rows_are_apart_from_the_default(
    is_apart: Callable[[str], None], schema: str
) -> None:
    is_apart(schema)
