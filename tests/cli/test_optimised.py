"""`python -OO` strips docstrings and asserts: neither help nor messages may hang on them."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = "from etl_monitor_orm.cli import main; main()"


def said(*words: str, optimised: bool) -> tuple[int, str, str]:
    options = ["-OO"] if optimised else []
    done = subprocess.run(
        [sys.executable, *options, "-c", COMMAND, *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", ["", "db", "db check", "reset"])
def test_help_without_docstrings_is_the_same(words: str) -> None:
    asked = (*words.split(), "--help")

    assert said(*asked, optimised=True) == said(*asked, optimised=False)


@pytest.mark.parametrize("words", ["db check", "status"])
def test_refusal_without_docstrings_is_the_same(words: str, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/none.duckdb"
    made = ("db", "current", "--url", url)
    said(*made, optimised=False)

    told = said(*words.split(), "--url", url, optimised=True)

    assert told[2]
    assert told == said(*words.split(), "--url", url, optimised=False)
