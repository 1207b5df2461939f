"""Standard streams that are closed, full, or have lost their reader: a sentence and a code of its own, no defect."""

from __future__ import annotations

import os
import subprocess

import pytest

from etl_monitor_orm import ETLMonitor
from tests.patience import PATIENT

from .conftest import COMMAND, EARLIER


def in_shell(words: str, url: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run shell words in which $M is the command and $U names the database."""
    return subprocess.run(
        ["bash", "-c", words],
        env={**os.environ, "M": COMMAND, "ETL_MONITOR_URL": url, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT,
    )


@pytest.mark.parametrize("command", ["watermarks", "watermarks --json", "db current", "db upgrade --sql", "--help"])
def test_reader_that_leaves_is_no_alarm(url: str, command: str) -> None:
    told = in_shell(f"$M {command} | true; exit ${{PIPESTATUS[0]}}", url)

    assert (told.returncode, told.stderr) == (141, "")


@pytest.mark.parametrize("command", ["watermarks", "watermarks --json", "db current", "--version"])
def test_closed_output_is_said_in_one_sentence_with_a_code_of_its_own(url: str, command: str) -> None:
    told = in_shell(f"$M {command} >&-", url)

    assert told.returncode == 74
    assert told.stderr.startswith("Error: The result cannot be written to standard output: it is closed.")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["watermarks", "watermarks --json", "db check", "--help"])
def test_full_output_is_said_in_one_sentence_with_a_code_of_its_own(url: str, command: str) -> None:
    told = in_shell(f"$M {command} >/dev/full", url)

    assert told.returncode == 74
    assert told.stderr.startswith("Error: The result cannot be written to standard output: No space left on device.")
    assert told.stderr.count("\n") == 1


def test_change_is_made_although_its_output_is_closed(url: str) -> None:
    told = in_shell(f"$M reset CORP HR_DAILY --date {EARLIER} >&-", url)

    assert told.returncode == 74
    monitor = ETLMonitor(url)
    assert monitor.failures("CORP", "HR_DAILY", EARLIER) == []
    monitor.close()


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full"])
def test_closed_or_full_stderr_changes_no_exit_code(url: str, streams: str) -> None:
    assert in_shell(f"$M watermarks {streams}", url).returncode == 0
    assert in_shell(f"$M status NOPE {streams}", url).returncode == 2


def test_all_streams_closed_leave_the_database_whole(url: str) -> None:
    in_shell("$M watermarks <&- >&- 2>&-; $M status <&- >&- 2>&-", url)

    assert in_shell("$M db check", url).returncode == 0


def test_question_without_standard_input_is_answered_with_no(url: str) -> None:
    told = in_shell("$M db downgrade base <&-", url)

    assert (told.returncode, "Traceback" in told.stderr) == (1, False)
    assert in_shell("$M db current", url).returncode == 0
