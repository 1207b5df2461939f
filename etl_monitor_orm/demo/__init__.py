"""The demo: it loads the New York flights of 2013 day by day, as a production load would.

It is written to be read and copied, and uses only the public API:

- `processes`: what should run, registered once;
- `pipeline`: the dispatcher, the same for every load;
- `reference` and `flights`: the work behind each task, restartable, driven by watermarks;
- `source` and `warehouse`: where the data comes from and where it goes;
- `nights` and `clock`: the replay, with a failure on purpose;
- `check`: the proof that nothing was lost or doubled;
- `report`: what the command prints.
"""

from __future__ import annotations

from etl_monitor_orm.demo.check import RowsDiffer, TableCheck
from etl_monitor_orm.demo.nights import StillBlocked
from etl_monitor_orm.demo.pipeline import TaskFailure
from etl_monitor_orm.demo.report import print_report
from etl_monitor_orm.demo.result import DemoResult
from etl_monitor_orm.demo.run import run_demo

__all__ = [
    "DemoResult",
    "RowsDiffer",
    "StillBlocked",
    "TableCheck",
    "TaskFailure",
    "print_report",
    "run_demo",
]
