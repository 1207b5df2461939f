"""`etl-monitor catalogue …`: a file is written, compared and applied; what is shown first is what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor

from .conftest import Command

MORE = """catalogue: 1
processes:
  - project_code: CORP
    process_load: PAYROLL
    process_owner: Payroll team
    tasks:
      - {task_id: 1, workflow_id: 1, sequence_id: 2, task_name: Pay}
"""


@pytest.fixture
def place(url: str) -> tuple[str, str]:
    return ("--url", url)


@pytest.fixture
def more(tmp_path: Path) -> Path:
    file = tmp_path / "more.yaml"
    file.write_text(MORE, "utf-8")
    return file


def test_catalogue_when_exported_and_compared_differs_in_nothing(cli: Command, place, tmp_path: Path) -> None:
    assert cli("catalogue", "export", "c.yaml", *place).out == "The catalogue is in c.yaml.\n"

    told = cli("catalogue", "diff", "c.yaml", "--exit-code", *place)
    assert (told.code, told.out) == (0, "The catalogue is as the file says.\n")


def test_file_that_exists_when_exported_to_stays_unless_it_is_to_be_replaced(
    cli: Command, place, tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("mine")
    file.chmod(0o640)
    refused = cli("catalogue", "export", "c.yaml", *place)

    assert (refused.code, file.read_text()) == (2, "mine")
    assert "replace it with --overwrite" in refused.err
    assert cli("catalogue", "export", "c.yaml", "--overwrite", *place).code == 0
    assert file.read_text("utf-8").startswith("catalogue: 1\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("monitor")) == ["c.yaml"]


def test_folder_that_is_not_there_when_exported_to_is_refused(cli: Command, place) -> None:
    refused = cli("catalogue", "export", "nowhere/c.yaml", *place)

    assert (refused.code, "cannot be written: No such file or directory" in refused.err) == (3, True)


def test_catalogue_when_exported_to_standard_output_is_the_file(cli: Command, place) -> None:
    text = cli("catalogue", "export", "-", "CORP", "PAYROLL", *place).out

    assert text.startswith("catalogue: 1\n")
    assert cli("catalogue", "export", "-", "CORP", "PAYROLL", "--json", *place).json == {"file": "-", "text": text}


def test_differences_when_shown_name_row_and_line_and_change_nothing(
    cli: Command, place, more: Path, monitor: ETLMonitor
) -> None:
    before = monitor.export_catalogue()
    told = cli("catalogue", "diff", more, "--exit-code", *place)

    assert told.code == 1
    assert "change   process CORP/PAYROLL" in told.out
    assert "add      task CORP/PAYROLL 1.1" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    assert monitor.export_catalogue() == before


def test_differences_when_shown_for_a_program_have_their_columns(cli: Command, place, more: Path) -> None:
    (change, new) = cli("catalogue", "diff", more, "--json", *place).json

    assert change == {
        "change": "change",
        "kind": "process",
        "name": "CORP/PAYROLL",
        "column": "process_owner",
        "before": None,
        "after": "Payroll team",
        "line": 5,
    }
    assert (new["change"], new["name"], new["line"]) == ("add", "CORP/PAYROLL 1.1", 7)


def test_file_when_applied_shows_the_plan_and_asks_before_anything_is_written(
    cli: Command, place, more: Path, monitor: ETLMonitor
) -> None:
    before = monitor.export_catalogue()
    refused = cli("catalogue", "apply", more, *place, answer="n\n")

    assert (refused.code, monitor.export_catalogue()) == (1, before)
    assert "add      task CORP/PAYROLL 1.1" in refused.out
    assert "Write 1 new and 1 changed rows?" in refused.err
    assert cli("catalogue", "apply", more, *place, answer="y\n").code == 0
    assert monitor.diff_catalogue(MORE) == []


def test_file_when_applied_twice_changes_nothing_the_second_time_and_asks_nothing(
    cli: Command, place, more: Path
) -> None:
    assert "Written: 1 new and 1 changed rows.\n" in cli("catalogue", "apply", more, "--yes", *place).out
    assert cli("catalogue", "apply", more, *place).out == "The catalogue is as the file says.\n"


def test_standard_input_when_applied_needs_the_answer_as_an_option(cli: Command, place) -> None:
    refused = cli("catalogue", "apply", "-", *place, answer=MORE)

    assert (refused.code, "Add --yes" in refused.err) == (2, True)
    assert [one["change"] for one in cli("catalogue", "apply", "-", "--yes", "--json", *place, answer=MORE).json] == [
        "change",
        "add",
    ]


def test_what_is_kept_when_shown_says_how_to_stop_it(cli: Command, place, tmp_path: Path) -> None:
    (tmp_path / "few.yaml").write_text(
        "catalogue: 1\nprocesses: [{project_code: CORP, process_load: HR_DAILY}]\n", "utf-8"
    )
    told = cli("catalogue", "diff", "few.yaml", "--exit-code", *place)

    assert (told.code, "keep   task CORP/HR_DAILY 1.1" in told.out) == (0, True)
    assert "list it with `is_active: false`" in told.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MORE.replace("process_owner", "owner"), "c.yaml, line 5: A process has no owner. Write one of: project_code"),
        (MORE.replace("task_id: 1", "task_id: x"), "c.yaml, line 7: task_id is 'x'; it must be a whole number."),
        (MORE.replace("sequence_id: 2", "sequence_id: 99"), "c.yaml, line 7: "),
        ("\x1b[31m", "c.yaml, line 1: "),
    ],
)
def test_bad_file_when_applied_is_refused_in_its_own_words_with_its_line(
    cli: Command, place, tmp_path: Path, monitor: ETLMonitor, text: str, words: str
) -> None:
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    before = monitor.export_catalogue()
    refused = cli("catalogue", "apply", "c.yaml", "--yes", *place)

    assert (refused.code, refused.out) == (2, "")
    assert words in refused.err
    assert "\x1b" not in refused.err
    assert monitor.export_catalogue() == before


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file or directory"), (b"\xff\xfe", "is no text in UTF-8: see its byte 0")]
)
def test_file_that_cannot_be_read_when_applied_is_refused(
    cli: Command, place, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "c.yaml").write_bytes(content)
    refused = cli("catalogue", "apply", "c.yaml", "--yes", *place)

    assert (refused.code, words in refused.err) == (2, True)


def test_names_with_escapes_when_compared_drive_no_terminal(
    cli: Command, place, monitor: ETLMonitor, tmp_path: Path
) -> None:
    monitor.register_process("CORP\x1b[31m", "\u202eEVIL", name="\x07")
    assert cli("catalogue", "export", "c.yaml", *place).code == 0
    text = (tmp_path / "c.yaml").read_text("utf-8")
    (tmp_path / "c.yaml").write_text(text.replace("\\a", "\\e[2J\\u202e"), "utf-8")
    told = cli("catalogue", "diff", "c.yaml", *place)

    assert "change" in told.out
    assert all(one.isprintable() or one == "\n" for one in text + told.out + told.err)
