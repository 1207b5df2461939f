"""What recorded calls take survives being written and read; what another version wrote is refused in words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.journal.codec import decoded, encoded
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import Task
from etl_monitor_orm.services.ending import Ending
from etl_monitor_orm.services.entries import Entry
from etl_monitor_orm.services.late import ReadFromMemory
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.runs import Choice
from etl_monitor_orm.services.seen import SeenStep
from etl_monitor_orm.services.staging import Staged
from etl_monitor_orm.services.steps import Held, Where
from etl_monitor_orm.services.watermarks import Move
from etl_monitor_orm.vocabulary import LogLevel, LogType, SourceType, Status

NOW = datetime(2026, 4, 9, 8, 0, 0, 123_456, tzinfo=UTC)
STEP = StepKey(RunKey(ProcessKey("CORP", "HR_DAILY"), "run-1", date(2026, 4, 9)), 1, 1, None, 0)

VALUES = [
    None,
    True,
    2**63 - 1,
    "🎉 'quoted' \u2028 \\ $",
    NOW,
    NOW.date(),
    timedelta(days=3, microseconds=1),
    STEP,
    Choice(resume=True, stale_after=timedelta(minutes=5)),
    Where(SourceType.DBX_JOB, "7", None),
    Held(0, NOW, SeenStep("LoadEvents", True, 0), ReadFromMemory("LoadEvents", 40)),
    Ending(Status.DONE, NOW, "120 rows", LogType.WARN, "C1", None),
    Staged("LoadEvents", Move(-5, True), backwards=True, shared=False),
    (1, (STEP, None)),
    [LogEntry("one", level=LogLevel.ERROR, log_time_utc=NOW), LogEntry("two")],
    Entry(Task, {"TaskID": 1}, {"TaskName": "$"}, {"IsActive": True}, {}, {"ValueDateTime": NOW}),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_value_that_is_written_as_json_is_read_as_the_same(value: object) -> None:
    found = decoded(json.loads(json.dumps(encoded(value))))

    assert found == value
    assert type(found) is type(value)


def test_value_of_a_type_that_no_call_takes_is_not_written() -> None:
    with pytest.raises(TypeError, match="object"):
        encoded(object())


@pytest.mark.parametrize("value", [{"$": "Later"}, {"$": "ProcessKey", "unit": 1}, {"$": "Status", "is": "LOST"}, {}])
def test_value_that_another_version_wrote_is_refused_in_words(value: dict[str, object]) -> None:
    with pytest.raises(JournalError, match="another version wrote it"):
        decoded(value)
