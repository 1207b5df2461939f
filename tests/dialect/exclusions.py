"""Everything in SQLAlchemy's dialect compliance suite that DuckDB cannot do, each with DuckDB's own words for it.

`REQUIREMENTS` closes a capability, and with it the tests that need it. `TESTS` excludes tests that no capability
covers: they run all the same and must fail with the error that is quoted, so that none of them outlives its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
from packaging.version import Version

BEFORE_2 = Version(duckdb.__version__) < Version("2.0.dev0")

_NAMES = "DuckDB drops the names of constraints: duckdb_constraints() makes up others"
_CASCADE = "Parser Error: FOREIGN KEY constraints cannot use CASCADE, SET NULL or SET DEFAULT"
_RESTRICT = "DuckDB takes RESTRICT for a foreign key and drops it"
_REPEATED = "Parser Error: duplicate key specified in FOREIGN KEY constraint"
_STORED = "Invalid Input Error: Can not create a STORED generated column!"
_MATERIALIZED = 'CREATE MATERIALIZED VIEW: Parser Error: syntax error at or near "materialized"'
_INDEXES = "duckdb_indexes() has only what CREATE INDEX made, duckdb_constraints() only constraints"

REQUIREMENTS: dict[str, str] = {
    # Transactions and the driver
    "savepoints": 'SAVEPOINT: Parser Error: syntax error at or near "savepoint"',
    "dbapi_lastrowid": "the driver's cursor has no lastrowid; RETURNING tells the new key",
    "json_deserializer_binary": "the driver gives JSON as str",
    # Constraints
    "named_constraints": _NAMES,
    "implicitly_named_constraints": _NAMES,
    "reflects_pk_names": _NAMES,
    "foreign_key_constraint_name_reflection": _NAMES,
    "constraint_comment_reflection": 'COMMENT ON CONSTRAINT: Parser Error: syntax error at or near "constraint"',
    "cross_schema_fk_reflection": (
        "Binder Error: Creating foreign keys across different schemas or catalogs is not supported"
    ),
    "foreign_key_constraint_option_reflection_ondelete": _CASCADE,
    "foreign_key_constraint_option_reflection_onupdate": _CASCADE,
    "fk_constraint_option_reflection_ondelete_restrict": _RESTRICT,
    "fk_constraint_option_reflection_onupdate_restrict": _RESTRICT,
    "repeated_column_foreign_keys": _REPEATED,
    "repeated_remote_col_foreign_keys": _REPEATED,
    # Tables, views, indexes
    "reflect_tables_no_columns": "Parser Error: Table must have at least one column!",
    "materialized_views": _MATERIALIZED,
    "materialized_views_reflect_pk": _MATERIALIZED,
    "computed_columns_stored": _STORED,
    "computed_columns_default_persisted": _STORED,
    "computed_columns_reflect_persisted": _STORED,
    "column_collation_reflection": "duckdb_columns() does not tell a column's collation",
    "foreign_keys_reflect_as_index": _INDEXES,
    "unique_constraints_reflect_as_index": _INDEXES,
    "unique_index_reflect_as_unique_constraints": _INDEXES,
    "index_reflects_included_columns": 'CREATE INDEX … INCLUDE: Parser Error: syntax error at or near "include"',
    "reflect_indexes_with_ascdesc_as_expression": "DuckDB drops ASC and DESC from an index",
    # Queries
    "fetch_ties": 'FETCH FIRST … WITH TIES: Parser Error: syntax error at or near "with"',
}
if BEFORE_2:
    REQUIREMENTS["ctes_on_dml"] = "Parser Error: A CTE needs a SELECT, before DuckDB 2.0"

NO_OTHER_ISOLATION = "no non-default isolation level available"
"""What tests skip themselves for, as DuckDB has snapshot isolation and nothing else."""


@dataclass(frozen=True)
class Exclusion:
    """Tests that must fail.

    Attributes:
        tests: A regular expression for all of `Class::test[parameters]`.
        reason: What DuckDB cannot do.
        error: A part of the message with which the tests fail.
        applies: Whether this release of DuckDB is meant.
    """

    tests: str
    reason: str
    error: str = ""
    applies: bool = True


_MULTI = r"ComponentReflectionTest::test_get_multi_{}\[{}-ObjectKind\.(ANY|TABLE|TABLE\|\w+)-ObjectScope\.{}.*\]"

_NAME_AS_PATTERN = "the suite takes the dialect's name for a regular expression, where + is a sign"

TESTS: list[Exclusion] = [
    Exclusion(
        r"IsolationLevelTest::test_invalid_level_(engine_param|execution_option)",
        reason=_NAME_AS_PATTERN,
        error="Valid isolation levels for 'duckdb+monitor' are SNAPSHOT, AUTOCOMMIT",
    ),
    Exclusion(
        r"ReturningGuardsTest::test_(delete|update)_many",
        reason=_NAME_AS_PATTERN,
        error="does not support",
    ),
    Exclusion(
        r"ServerSideCursorsTest::(test_conn_option|test_ss_cursor_status\[(global_(expr|string|text)|stmt_option|text_ss_option)\])",
        reason="the suite tells a server-side cursor by the drivers that it knows",
        error="False",
    ),
    Exclusion(
        r"ServerSideCursorsTest::test_ss_cursor_status\[for_update_(expr|string)\]",
        reason="FOR UPDATE: Parser Error",
        error="Parser Error",
    ),
    Exclusion(
        r"ComponentReflectionTest::test_get_unique_constraints(_quoted_name)?\[.*\]",
        reason=_NAMES,
        error="None",
    ),
    Exclusion(
        r"ComponentReflectionTest::test_get_temp_table_unique_constraints",
        reason=_NAMES,
        error="assert None == 'user_tmp_uq_main'",
    ),
    Exclusion(
        _MULTI.format("unique_constraints", "False", r"((ANY|DEFAULT)|TEMPORARY-None)"),
        reason=_NAMES,
        error="assert None == ",
    ),
    Exclusion(
        _MULTI.format("check_constraints", "(True|False)", "(ANY|DEFAULT)"),
        reason=_NAMES,
        error="assert None == ",
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_check_constraint_(inline|standalone)\[\w+-[mM]y\w+\]",
        reason=_NAMES,
        error="[{'name': None,",
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_check_constraint_mixed\[\w+\]",
        reason=_NAMES,
        error="[{'name': None,",
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_check_constraint_parenthesized_expressions\[.*\]",
        reason=_NAMES,
        error="No CHECK constraint named 'cc_expr' in [None]",
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_string_length_reflection\[(String|VARCHAR)-.*\]",
        reason="DuckDB drops the length of VARCHAR(n)",
        error="assert None == 52",
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_string_length_reflection\[(CHAR|NCHAR|NVARCHAR)-.*\]",
        reason="DuckDB makes CHAR, NCHAR and NVARCHAR a VARCHAR",
    ),
    Exclusion(
        r"ComponentReflectionTest::test_reflect_table_temp_table",
        reason="DuckDB drops the length of VARCHAR(n)",
        error="assert 50 == None",
    ),
    Exclusion(
        r"IdentityReflectionTest::test_reflect_identity(_schema)?",
        reason="DuckDB has no identity columns, and the sequence that stands in for one knows no ALWAYS",
        error="always",
    ),
    Exclusion(
        r"IdentityColumnTest::test_insert_always_error",
        reason="DuckDB has no identity columns, and the sequence that stands in for one knows no ALWAYS",
        error="Callable did not raise an exception",
    ),
    Exclusion(
        r"ComputedReflectionTest::test_get_column_returns_(computed|persisted|persisted_with_schema)",
        reason="before 2.0, duckdb_columns() gives the expression of a generated column as if it were a default",
        error="assert False is True",
        applies=BEFORE_2,
    ),
    Exclusion(
        r"ComputedReflectionTest::test_computed_col_default_not_set",
        reason="before 2.0, duckdb_columns() gives the expression of a generated column as if it were a default",
        error="'CAST((normal + 42) AS INTEGER)' is not None",
        applies=BEFORE_2,
    ),
    Exclusion(
        r"ComponentReflectionTestExtra::test_server_defaults\[Boolean-.*\]",
        reason="before 2.0, DuckDB keeps DEFAULT true as CAST('t' AS BOOLEAN)",
        error="'CASTtASBOOLEAN'",
        applies=BEFORE_2,
    ),
    Exclusion(
        r"IsolationLevelTest::test_dialect_user_setting_is_restored",
        reason="DuckDB has snapshot isolation and nothing else, and this test takes a second level for granted",
        error="list index out of range",
    ),
    Exclusion(
        r"JSONTest::test_(index_typed_access|index_typed_comparison|path_typed_comparison)\[_decimal1\]",
        reason="DuckDB reads the numbers in a JSON value as DOUBLE",
        error="99998969694839.983485848",
    ),
    Exclusion(
        r"TrueDivTest::test_truediv_divisor\[numeric_(38_digit_divisor|many_decimals)-.*\]",
        reason="DuckDB divides decimals into DOUBLE",
        error="000",
    ),
    Exclusion(
        r"WindowFunctionTest::test_window_range(_numeric)?",
        reason="DuckDB gives rows in no fixed order without ORDER BY, after a window too",
        error="At index 0 diff",
    ),
]
