"""Files that options name: a relative path means the folder where the engine was made, wherever the process goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine

URL = "postgresql://run@host.invalid/db"
FILES = ["passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"]


class Told(Exception):
    """Ends a connection before it begins."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*FILES, "service", "servicefile"):
        monkeypatch.delenv(f"PG{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def arguments(engine: Engine) -> Mapping[str, Any]:
    """What the driver is given when the engine connects."""
    told: dict[str, Any] = {}

    def look(dialect: object, record: object, positional: object, options: dict[str, Any]) -> None:
        told.update(options)
        raise Told

    event.listen(engine, "do_connect", look)
    with pytest.raises(Told):
        engine.connect()
    return told


def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("way", ["url", "argument", "path", "variable"])
def test_relative_file_of_a_connection_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    if way == "variable":
        monkeypatch.setenv(f"PG{name.upper()}", "certs/a.pem")
    given = {"argument": {name: "certs/a.pem"}, "path": {name: Path("certs/a.pem")}}.get(way, {})
    engine = create_engine(f"{URL}?{name}=certs/a.pem" if way == "url" else URL, connect_args=given)
    elsewhere(tmp_path, monkeypatch)

    assert arguments(engine)[name] == str(tmp_path / "certs/a.pem")


@pytest.mark.parametrize(
    ("name", "value"),
    [("sslrootcert", "system"), ("sslkey", "pkcs11:key"), ("sslrootcert", "/etc/ssl/db.pem"), ("sslmode", "require")],
)
def test_option_that_is_no_relative_path_stays_as_it_is(name: str, value: str) -> None:
    assert arguments(create_engine(URL, connect_args={name: value}))[name] == value
    assert arguments(create_engine(f"{URL}?{name}={value}"))[name] == value


def test_argument_wins_over_the_url_and_the_url_over_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLCERT", "variable.pem")
    by_url = create_engine(f"{URL}?sslcert=url.pem")
    by_argument = create_engine(f"{URL}?sslcert=url.pem", connect_args={"sslcert": "argument.pem"})

    assert arguments(by_url)["sslcert"] == str(tmp_path / "url.pem")
    assert arguments(by_argument)["sslcert"] == str(tmp_path / "argument.pem")


def test_variable_does_not_win_over_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLCERT", "variable.pem")

    assert "sslcert" not in arguments(create_engine(f"{URL}?service=mine"))


def test_relative_file_of_services_is_refused_after_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICEFILE", "services.conf")
    monitor = ETLMonitor(f"{URL}?service=mine")
    elsewhere(tmp_path, monkeypatch)

    with pytest.raises(ConfigurationError, match=r"PGSERVICEFILE named .*services\.conf .*Write the whole path"):
        monitor.processes()


def test_relative_folder_of_duckdb_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine("duckdb:///book.duckdb?temp_directory=spilled&threads=1")
    elsewhere(tmp_path, monkeypatch)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_setting('temp_directory')")) == str(tmp_path / "spilled")
    engine.dispose()
