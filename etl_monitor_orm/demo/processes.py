"""What should run: the demo's two processes, and how they are registered.

Everything that a dispatcher needs is data here: the job behind a task (`source_identifier`), its stage
(`sequence_id`), whether its failure blocks the rest of the run (`task_mandatory`), how often it is due, and the
watermark that says how far its source was read (`source_system_code`).
"""

from __future__ import annotations

from typing import Final

from etl_monitor_orm import ETLMonitor, LoadFrequency, ParameterType

PROJECT: Final = "NYC"
REFERENCE: Final = "REFERENCE"
FLIGHTS: Final = "FLIGHTS"
PROCESSES: Final = (REFERENCE, FLIGHTS)
"""In the order of a night: flights need carriers, airports and planes."""

PUBLISHED_AT: Final = "PublishedAt"
FLIGHT_ID: Final = "FlightID"

DUE_BY: Final = "00:45 +1 America/New_York"
"""When the flights of a day must be there: a quarter of an hour after their load begins."""

_INITIATION, _CONFIG, _TRANSACTIONS, _DIMENSIONS, _FACTS, _CHECKS, _MARTS = range(7)
"""The stages that come with the monitor, by their `sequence_id`."""


def register(monitor: ETLMonitor) -> None:
    """Register both processes. A repeated call changes nothing, so every start of a pipeline can make it."""
    _register_reference(monitor)
    _register_flights(monitor)


def _register_reference(monitor: ETLMonitor) -> None:
    monitor.register_process(
        PROJECT,
        REFERENCE,
        name="Reference data",
        description="Carriers, airports and planes, read in full from files",
        owner="Flight data team",
        load_frequency=LoadFrequency.WEEKLY,
    )
    # Weekly tasks within nightly runs: start_run(only_due=True) leaves them out once they are DONE in the week.
    for task_id, workflow_id, stage, name, job in (
        (0, 0, _INITIATION, "Start", "start"),
        (1, 1, _CONFIG, "Load airlines", "load_airlines"),
        (2, 1, _CONFIG, "Load airports", "load_airports"),
        (3, 1, _CONFIG, "Load planes", "load_planes"),
        (4, 1, _DIMENSIONS, "Update carriers", "update_carriers"),
        (5, 1, _DIMENSIONS, "Update airports", "update_airports"),
        (6, 1, _DIMENSIONS, "Update planes", "update_planes"),
    ):
        monitor.register_task(
            PROJECT,
            REFERENCE,
            task_id,
            workflow_id,
            stage,
            name,
            source_identifier=job,
            load_frequency=LoadFrequency.WEEKLY,
            expected_duration_seconds=30,
        )


def _register_flights(monitor: ETLMonitor) -> None:
    monitor.register_process(
        PROJECT,
        FLIGHTS,
        name="Flights and their delays",
        description="Each day's departures from New York with the weather, up to a mart of delays",
        owner="Flight data team",
        due_by=DUE_BY,
    )
    monitor.register_parameter(
        PROJECT,
        FLIGHTS,
        PUBLISHED_AT,
        ParameterType.DELTA_DATE,
        "Weather that was published before this time is loaded",
    )
    monitor.register_parameter(
        PROJECT, FLIGHTS, FLIGHT_ID, ParameterType.DELTA_ID, "Flights up to this number are loaded", value_int=0
    )
    for task_id, workflow_id, stage, name, job, watermark, mandatory in (
        (0, 0, _INITIATION, "Start", "start", None, True),
        (1, 1, _TRANSACTIONS, "Load weather", "load_weather", PUBLISHED_AT, True),
        (2, 1, _TRANSACTIONS, "Load flights", "load_flights", FLIGHT_ID, True),
        (3, 1, _DIMENSIONS, "Add new routes", "add_routes", None, True),
        (4, 1, _FACTS, "Build flight facts", "build_flights", None, True),
        # A finding in the data must be visible but must not stop the mart, so this task is not mandatory.
        (5, 1, _CHECKS, "Check weather coverage", "check_weather_coverage", None, False),
        (6, 1, _MARTS, "Build delay mart", "build_delays", None, True),
    ):
        monitor.register_task(
            PROJECT,
            FLIGHTS,
            task_id,
            workflow_id,
            stage,
            name,
            source_identifier=job,
            source_system_code=watermark,
            task_mandatory=mandatory,
            expected_duration_seconds=30,
        )
