"""What a demo returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from etl_monitor_orm import Breach, MandatoryBlocker, ProcessStatus, Watermark
from etl_monitor_orm.demo.check import TableCheck
from etl_monitor_orm.demo.pipeline import TaskFailure


@dataclass(frozen=True)
class DemoResult:
    """What one call of the demo did, and the status after it.

    Attributes:
        days: The days that were loaded, oldest first; empty when nothing was left.
        nothing_left: Whether the whole year is loaded now.
        rows: Rows that this call wrote, by table of the warehouse.
        checks: Each table compared with its source, over everything loaded so far.
        failures: The tasks that failed, in order.
        blockers_seen: What `v_mandatoryBlockers` showed while a failure blocked its run.
        blockers: What it shows now: no rows.
        statuses: The status of the processes on the days of this call (`v_processStatus`).
        late: What was late on these days, since when and until when (`ETLbreaches`).
        watermarks: How far each source was read (`v_watermarks`).
        warehouse: The warehouse's file.
        seconds: How long the call took.
    """

    days: tuple[date, ...]
    nothing_left: bool
    rows: Mapping[str, int]
    checks: tuple[TableCheck, ...]
    failures: tuple[TaskFailure, ...]
    blockers_seen: tuple[MandatoryBlocker, ...]
    blockers: tuple[MandatoryBlocker, ...]
    statuses: tuple[ProcessStatus, ...]
    late: tuple[Breach, ...]
    watermarks: tuple[Watermark, ...]
    warehouse: str
    seconds: float
