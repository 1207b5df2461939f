"""`etl-monitor serve`: what it refuses before it listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Command


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "65536"),
        ("--port", "-1"),
        ("--port", "http"),
        ("--max-body", "0"),
        ("--max-body", "1MB"),
        ("--rate", "0"),
        ("--calls", "1001"),
    ],
)
def test_given_an_option_that_cannot_be_when_served_then_it_is_named(
    cli: Command, url: str, option: str, value: str
) -> None:
    told = cli("serve", "--url", url, option, value)

    assert (told.code, told.out, option in told.err) == (2, "", True)


def test_given_no_database_when_served_then_none_is_created(cli: Command, tmp_path: Path) -> None:
    told = cli("serve", "--url", f"duckdb:///{tmp_path / 'none.duckdb'}", "--port", "0")

    assert (told.code, "none.duckdb" in told.err, [*tmp_path.iterdir()]) == (4, True, [])
