"""`etl-monitor samples` says what it wrote and what it kept."""

from __future__ import annotations

from pathlib import Path

from etl_monitor_orm import samples
from tests.cli.conftest import Command


def test_given_a_new_folder_when_samples_are_asked_for_then_the_command_says_how_many(
    shell: Command, tmp_path: Path
) -> None:
    told = shell("samples", "mine")

    written = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert (told.code, told.err) == (0, "")
    assert told.out == f"{len(written)} files written to mine.\n"
    assert {path.name for path in (tmp_path / "mine").iterdir()} == set(samples.kinds())


def test_given_a_changed_file_when_samples_are_asked_for_then_it_is_kept_and_the_way_named(
    cli: Command, tmp_path: Path
) -> None:
    cli("samples", "mine", "--only", "notebooks")
    (tmp_path / "mine" / "00-infrastructure.py").write_text("mine")

    told = cli("samples", "mine", "--only", "notebooks")

    assert told.out.startswith("0 files written to mine.\n")
    assert told.out.endswith("Kept, because it differs from this version's: 00-infrastructure.py\n")
    assert told.err == "Pass --overwrite to replace what was kept.\n"
    replaced = cli("samples", "mine", "--only", "notebooks", "--overwrite", "--json")
    assert (replaced.json["written"], replaced.json["kept"]) == (["00-infrastructure.py"], [])


def test_given_an_unknown_kind_when_samples_are_asked_for_then_the_command_lists_the_kinds(cli: Command) -> None:
    told = cli("samples", "mine", "--only", "nothing")

    assert (told.code, told.out) == (2, "")
    assert "There are no samples called 'nothing'. There are" in told.err
