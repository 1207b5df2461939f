"""`report`: the file that it writes, what it replaces, and what it refuses."""

from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor
from tests.pages.reading import Page


def test_page_when_written_is_a_file_that_the_next_one_replaces(cli, url, tmp_path: Path) -> None:
    first = cli("report", "-o", "status.html", "--title", "Production", "--url", url)
    again = cli("report", "-o", "status.html", "--title", "Test", "--url", url)

    assert [(told.code, told.out, told.err) for told in (first, again)] == [(0, "", "")] * 2
    shown = Page((tmp_path / "status.html").read_text(encoding="utf-8"))
    assert "".join(shown.parts[""][:1]) == "Test"
    assert "Load employees" in shown.says("blocked")


def test_page_when_asked_for_on_standard_output_is_printed(cli, url) -> None:
    told = cli("report", "CORP", "HR_DAILY", "-o", "-", "--url", url)

    assert told.out.startswith("<!DOCTYPE html>\n")
    assert "PAYROLL" not in told.out


def test_file_that_is_no_page_is_replaced_only_when_told_so(cli, url, tmp_path: Path) -> None:
    notes = tmp_path / "notes.html"
    notes.write_text("my notes")

    told = cli("report", "-o", notes, "--url", url)
    assert told.code != 0
    assert "--overwrite" in told.err
    assert notes.read_text() == "my notes"

    assert cli("report", "-o", notes, "--overwrite", "--url", url).code == 0
    assert notes.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_database_in_place_of_the_page_stays(cli, url, file: Path) -> None:
    before = file.read_bytes()

    told = cli("report", "-o", file, "--overwrite", "--url", url)

    assert "nothing replaces it" in told.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("how", [(), ("--overwrite",)])
def test_pipe_or_folder_in_place_of_the_page_is_refused_at_once(cli, url, tmp_path: Path, how: tuple[str, ...]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    for name in ("pipe", "folder"):
        told = cli("report", "-o", name, *how, "--url", url)
        assert told.code == 2
        assert f"{name} is no regular file" in told.err


def test_empty_file_is_replaced_by_the_page(cli, url, tmp_path: Path) -> None:
    (tmp_path / "status.html").touch()

    assert cli("report", "-o", "status.html", "--url", url).code == 0
    assert (tmp_path / "status.html").stat().st_size


def test_page_of_a_database_that_does_not_exist_is_refused_and_creates_nothing(cli, tmp_path: Path) -> None:
    told = cli("report", "-o", "status.html", "--url", "duckdb:///absent.duckdb")

    assert told.code != 0
    assert list(tmp_path.iterdir()) == []


def test_page_when_made_leaves_the_database_as_it_was(cli, url, file: Path, monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "HR_DAILY", due_by="06:00 UTC")
    monitor.close()
    before = file.read_bytes()

    assert cli("report", "-o", "status.html", "--url", url).code == 0
    assert file.read_bytes() == before


def test_page_without_the_extra_says_what_to_install(cli, url, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "jinja2":
            raise ModuleNotFoundError("No module named 'jinja2'", name="jinja2")
        return found(name, *rest)

    monkeypatch.delitem(sys.modules, "etl_monitor_orm.pages.rendering", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    told = cli("report", "-o", "status.html", "--url", url)

    assert told.code != 0
    assert "etl-monitor-orm[page]" in told.err
