"""`etl-monitor databricks init`: it writes a bundle for one catalog and schema, and nothing over what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from etl_monitor_orm.cli.app import app

from .kit import HOME, Kit

HOSTILE = ["ma`in", 'ma"in', "ma'in", "main; DROP", "main\nx: 1", "a.b", "a b", "${var.x}", "", "-x", "é", "x" * 256]


def init(folder: Path, *options: str):
    return CliRunner().invoke(app, ["databricks", "init", str(folder), *options])


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "new" / "monitor"


def samples(folder: Path, *options: str):
    return CliRunner().invoke(app, ["samples", str(folder), *options])


def test_given_a_new_folder_when_written_then_the_kit_is_there(folder: Path) -> None:
    told = init(folder)

    assert (told.exit_code, told.stderr) == (0, "")
    assert files(folder) == files(HOME)
    assert told.stdout == f"{len(files(folder))} files for main.etl written to {folder}. Next: read its README.md.\n"


@pytest.mark.parametrize(
    ("write", "below"),
    [(init, "."), (samples, "databricks"), (lambda folder: samples(folder, "--only", "databricks"), ".")],
)
def test_given_any_way_to_the_kit_when_written_then_all_that_it_refers_to_is_in_it(
    folder: Path, write: Callable[[Path], object], below: str
) -> None:
    write(folder)

    home = folder / below
    assert files(home) == files(HOME)
    assert [path for path in Kit(home).files if not (home / "resources" / path).is_file()] == []


def test_given_an_empty_folder_when_written_for_a_program_then_it_names_each_file(folder: Path) -> None:
    folder.mkdir(parents=True)

    told = json.loads(init(folder, "--json").stdout)

    assert (told["directory"], set(told["written"])) == (str(folder), files(folder))


def test_given_names_when_written_then_variables_and_grants_have_them(folder: Path) -> None:
    init(folder, "--catalog", "etl", "--schema", "main")  # each is the other's default

    variables = Kit(folder).settings["variables"]
    assert (variables["catalog"]["default"], variables["schema"]["default"]) == ("etl", "main")
    named = re.findall(r"ON (?:CATALOG|SCHEMA|TABLE|VIEW) (\S+) TO", (folder / "grants.sql").read_text("utf-8"))
    assert {re.sub(r"\.\w+$", "", one) for one in named} == {"`etl`", "`etl`.`main`"}


@pytest.mark.parametrize("name", ["on", "null", "0123", "1e3", "my-catalog", "_x"])
def test_given_a_name_that_yaml_reads_as_something_else_when_written_then_it_stays_text(
    folder: Path, name: str
) -> None:
    init(folder, "--catalog", name, "--schema", name)

    variables = yaml.safe_load((folder / "databricks.yml").read_text("utf-8"))["variables"]
    assert (variables["catalog"]["default"], variables["schema"]["default"]) == (name, name)


def test_given_the_variables_when_no_name_is_given_then_theirs_are_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_CATALOG", "ops")
    monkeypatch.setenv("ETL_MONITOR_SCHEMA", "watch")

    assert " for ops.watch written " in init(folder).stdout


@pytest.mark.parametrize("option", ["--catalog", "--schema"])
@pytest.mark.parametrize("name", HOSTILE)
def test_given_a_name_that_could_break_out_when_written_then_it_is_refused(
    folder: Path, option: str, name: str
) -> None:
    told = init(folder, f"{option}={name}")

    assert told.exit_code == 2
    assert told.stderr.startswith(f"Error: {option} ")
    assert "Use letters, digits, _ and -" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert not folder.exists()


def test_given_a_hostile_variable_when_written_then_the_variable_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_CATALOG", "ma`in")

    told = init(folder)

    assert (told.exit_code, folder.exists()) == (2, False)
    assert told.stderr.startswith("Error: ETL_MONITOR_CATALOG 'ma`in' cannot be used")


def test_given_a_kit_when_written_again_then_it_is_refused_and_stays(folder: Path) -> None:
    init(folder)
    (folder / "grants.sql").write_text("mine", "utf-8")

    told = init(folder, "--catalog", "ops")

    assert told.exit_code == 2
    assert told.stderr == f"Error: '{folder}' is not empty, and nothing is written over. Name a new folder.\n"
    assert (folder / "grants.sql").read_text("utf-8") == "mine"
    assert 'default: "main"' in (folder / "databricks.yml").read_text("utf-8")


def test_given_a_folder_with_a_file_when_written_then_nothing_is_added(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")

    assert init(tmp_path).exit_code == 2
    assert files(tmp_path) == {"notes.txt"}


def test_given_a_file_when_named_as_the_folder_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")

    told = init(tmp_path / "notes.txt")

    assert (told.exit_code, (tmp_path / "notes.txt").read_text("utf-8")) == (2, "mine")
    assert "is no folder, and nothing is written over" in told.stderr
    assert samples(tmp_path / "notes.txt").stderr == told.stderr


def test_given_a_name_of_blanks_when_written_then_the_message_shows_them_all(folder: Path) -> None:
    assert init(folder, "--schema", "   ").stderr.startswith("Error: --schema '   ' cannot be used")


@pytest.mark.parametrize("name", ["", " ", "x\0y", "y" * 300])
def test_given_no_name_of_a_folder_when_written_then_it_is_refused(name: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    told = CliRunner().invoke(app, ["databricks", "init", name])

    assert told.exit_code in (2, 3)
    assert len(told.stderr.splitlines()) == 1
    assert files(tmp_path) == set()


def test_given_a_folder_that_cannot_be_made_when_written_then_the_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    told = init(tmp_path / "file" / "below")

    assert told.exit_code == 3
    assert "cannot be written: " in told.stderr
