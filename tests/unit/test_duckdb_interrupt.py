"""Ctrl-C while DuckDB is at work is a KeyboardInterrupt, as it is anywhere else in Python."""

from __future__ import annotations

import _thread
import inspect
import signal
from functools import partial

import pytest

from etl_monitor_orm import create_engine

# The first row interrupts as the keyboard would; the others keep DuckDB at work until it notices.
INTERRUPTED = "SELECT count(ctrl_c(CASE WHEN range = 0 THEN 2 ELSE 10 END)) FROM range(3000000)"


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_given_ctrl_c_during_a_statement_when_duckdb_stops_it_then_it_is_a_keyboard_interrupt() -> None:
    assert (signal.SIGINT, signal.SIGUSR1) == (2, 10)
    ctrl_c = partial(_thread.interrupt_main)  # no Python code, which would take the interrupt before DuckDB does
    ctrl_c.__signature__ = inspect.signature(lambda number: None)
    engine = create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        connection.connection.dbapi_connection.create_function(
            "ctrl_c", ctrl_c, ["INTEGER"], "INTEGER", null_handling="special", side_effects=True
        )
        with pytest.raises(KeyboardInterrupt) as caught:
            connection.exec_driver_sql(INTERRUPTED)
    engine.dispose()

    assert str(caught.value.__cause__) == "Query interrupted"
