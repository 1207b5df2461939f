"""`sample_usage()` writes the package's own notebooks where the Spark edition's users look for them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from etl_monitor_orm import ConfigurationError
from etl_monitor_orm.spark_edition import ETLMonitorFramework, workspace


@pytest.fixture
def edition() -> ETLMonitorFramework:
    with ETLMonitorFramework("duckdb:///:memory:") as edition:
        yield edition


class Session:
    """What a Spark session says of its user."""

    def sql(self, statement: str) -> SimpleNamespace:
        assert statement == "SELECT current_user()"
        return SimpleNamespace(first=lambda: ("ada@corp.example",))


def test_given_a_folder_when_samples_are_asked_for_then_they_are_there_and_it_is_returned(
    edition: ETLMonitorFramework, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = edition.sample_usage(str(tmp_path / "samples"))

    assert (Path(place) / "notebooks" / "00-infrastructure.py").is_file()
    assert f"written to {place}" in capsys.readouterr().out


def test_given_a_spark_session_when_samples_are_asked_for_then_they_are_its_users(
    edition: ETLMonitorFramework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "_WORKSPACE", tmp_path)

    place = edition.sample_usage(Session())

    assert place == str(tmp_path / "Users" / "ada@corp.example" / "etl-monitor-orm" / "samples")
    assert (Path(place) / "notebooks" / "00-infrastructure.py").is_file()


@pytest.mark.parametrize("given", [None, Session()])
def test_given_no_workspace_when_samples_are_asked_for_then_the_error_says_to_pass_a_folder(
    edition: ETLMonitorFramework, given: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "_WORKSPACE", tmp_path / "Workspace")

    with pytest.raises(ConfigurationError, match=r"Pass a folder: sample_usage\('samples'\)"):
        edition.sample_usage(given)
    assert list(tmp_path.iterdir()) == []
