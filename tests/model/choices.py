"""The small universe that the machine plays in: few names, so that they meet often, and awkward ones among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from .reference.transitions import Place

PROCESSES = [("CORP", "HR_DAILY"), ("CORP", "FIN_MONTHLY"), ("O'Hara `x`", "HR_DAILY")]
STRANGER = ("CORP", "NOBODY")
SLOTS = [(0, 0), (1, 1), (1, 2), (1, 3), (2, 1)]
STAGES = [1, 2, 3, 6]
CUSTOM_STAGE = 10
EXECUTIONS = ["run-1", "run-2", "lauf:3 %s é", "adf'4"]

DATES = [date(2024, 12, 2), date(2024, 12, 30), date(2025, 1, 2), date(2025, 1, 5), date(2025, 1, 6)]
"""One month with the second, an ISO week that spans the year's end, and the Monday after it."""

DATE_WATERMARKS = ["Extract", "Orders"]
ID_WATERMARK = "OrderID"
FLAG = "Full"
MOMENTS = [
    datetime(2024, 12, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2024, 12, 30, 6, 0, 20, tzinfo=UTC),
    datetime(2025, 1, 3, 12, 30, 0, 120_000, tzinfo=UTC),
]
MESSAGES = {
    "none": None,
    "short": "as expected",
    "long": "Traceback, naïve 'quoted' :bind %s\n" + "  at line\n" * 300 + "ValueError: the end",
}

processes = st.sampled_from([*PROCESSES[:2] * 2, PROCESSES[2]])
maybe_processes = st.sampled_from([*PROCESSES[:2] * 3, PROCESSES[2], STRANGER])
slots = st.sampled_from(SLOTS)
dates = st.sampled_from(DATES)
executions = st.sampled_from(EXECUTIONS)
names = st.sampled_from(["plain", "it's `odd` 🚚", "x"])
optional_names = st.none() | names
frequencies = st.sampled_from(["D", "D", "W", "M", "Y", "A", None])
messages = st.sampled_from(list(MESSAGES))
ids = st.integers(min_value=0, max_value=2**40)
moments = st.sampled_from(MOMENTS)
codes = st.sampled_from([*["Extract"] * 5, "Orders", None, ID_WATERMARK, ID_WATERMARK, FLAG, "Unregistered"])
"""What tasks name as their watermark: mostly one that they share."""
parameter_names = st.sampled_from(["Extract", "Extract", *DATE_WATERMARKS, ID_WATERMARK, FLAG, "SYSDT"])
values = st.one_of(moments, ids, st.booleans())
quiet_times = st.sampled_from([timedelta(minutes=1), timedelta(hours=3)])

reported = st.sampled_from(
    [None, None, timedelta(seconds=-90, microseconds=321), timedelta(seconds=45.5, microseconds=321)]
)
"""How far a time that an outside system reports lies from the monitor's clock; None when it reports none."""

advancing = st.sampled_from(
    [{}, {}, {}, {"advance_mode": "MANUAL"}, {"lag_seconds": 2}, {"advance_mode": None, "lag_seconds": None}]
)
"""What a registration says of how its watermark moves by itself."""
if_running = st.sampled_from(["raise", "skip", "queue"])

jumps = st.sampled_from([timedelta(minutes=1), timedelta(hours=5), timedelta(days=1), timedelta(days=3)])


files = st.sampled_from(
    [
        {},
        {"file_name_mask": "pay'roll é", "file_extension": ".csv", "in_file_path": "abfss://raw@x/in/"},
        {"file_name_mask": "odd%", "file_extension": None, "in_file_path": None, "out_file_path": "out"},
        {"file_name_mask": None},
    ]
)
"""What a registration says of the file that a task waits for; what is left out stays."""


def natural_kind(name: str) -> str:
    """The type under which a parameter is normally registered."""
    return {"SYSDT": "SYSTEM", ID_WATERMARK: "DELTA_ID", FLAG: "FLAG"}.get(name, "DELTA_DATE")


@st.composite
def task_columns(draw: st.DrawFn, slot: tuple[int, int]) -> dict[str, object]:
    return {
        "sequence_id": 0 if slot == (0, 0) else draw(st.sampled_from(STAGES)),
        "task_name": draw(names),
        "task_description": draw(optional_names),
        "source_type": draw(st.sampled_from([None, "DBX_JOB", "ADF_PIPELINE"])),
        "source_identifier": draw(optional_names),
        "source_system_code": None if slot == (0, 0) else draw(codes),
        "load_frequency": draw(frequencies),
        "task_mandatory": draw(st.sampled_from([True, True, False])),
        "expected_duration_seconds": draw(st.sampled_from([None, 2, 86_400])),
        **draw(files),
    }


def starting_columns(slot: tuple[int, int]) -> st.SearchStrategy[dict[str, object]]:
    """A plainer task, as a rule one of several that read one source side by side."""
    initiation = slot == (0, 0)
    return st.fixed_dictionaries(
        {
            "sequence_id": st.just(0) if initiation else st.sampled_from([2, 2, 3]),
            "task_name": st.just(f"task {slot}"),
            "task_description": st.none(),
            "source_type": st.none(),
            "source_identifier": st.none(),
            "source_system_code": st.none() if initiation else st.sampled_from(["Extract"] * 4 + [ID_WATERMARK]),
            "load_frequency": frequencies,
            "task_mandatory": st.sampled_from([True, True, False]),
            "expected_duration_seconds": st.sampled_from([None, 2, 86_400]),
        }
    )


catalogues = st.fixed_dictionaries(
    {slot: starting_columns(slot) for slot in SLOTS[:3]},
    optional={slot: starting_columns(slot) for slot in SLOTS[3:]},
)
"""The tasks that a process starts with."""

outcomes = st.dictionaries(slots, st.sampled_from(["FAIL", "left"]), max_size=2)
"""How steps that are worked on end, where not DONE."""

places = st.sampled_from([Place(), Place("DATAFLOW", "job'1", "cluster-1"), Place(cluster_id="cluster-2")])
"""Where the work of a step is done, as far as its job says."""
