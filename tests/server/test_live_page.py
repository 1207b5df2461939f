"""The page at an address: who sees it, what of it, how often it is read, and what it says when it cannot be shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from etl_monitor_orm import (
    ConfigurationError,
    DatabaseError,
    ETLMonitor,
    ManualClock,
    Process,
    ProcessingStep,
    SchemaError,
    Task,
)
from etl_monitor_orm.errors import DatabaseLocked, EtlMonitorError, SchemaMissing
from etl_monitor_orm.pages import status_page
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.limits import Limits
from etl_monitor_orm.server.live import looking
from tests.pages.reading import Page

from .conftest import DAY, HR

Door = Callable[..., TestClient]
PARTS = ["blocked", "days", "late", "failures", "run", "watermarks", "durations", "changes"]
AT_ONCE = Limits(rate=1e6, burst=10**6, page_seconds=0)
FOR_AN_HOUR = Limits(rate=1e6, burst=10**6, grant_seconds=3_600, refresh=7_200, page_seconds=3_600)
"""What is kept stays, however long a statement takes."""


def basic(token: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"}


def own_token(client: TestClient) -> str:
    return client.headers["Authorization"].partition(" ")[2]


@contextmanager
def statements(monitor: ETLMonitor) -> Iterator[list[str]]:
    """Note the statements of a block."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(monitor.engine, "before_cursor_execute", note)
    yield seen
    event.remove(monitor.engine, "before_cursor_execute", note)


@pytest.fixture
def night(hr: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """HR_DAILY failed, PAYROLL of another project is complete, and IDLE has not run."""
    hr.register_process("BANK", "PAYROLL", owner="Bank team").register_task("BANK", "PAYROLL", 1, 1, 2, "Pay")
    hr.register_process("CORP", "IDLE")
    clock.set(f"{DAY} 06:00")
    with hr.start_run("BANK", "PAYROLL", DAY).task(1):
        clock.advance(60)
    run = hr.start_run(*HR.values(), DAY)
    with suppress(OSError), run.task(0):
        raise OSError("gate 7 is shut")
    return hr


# Who comes in


def test_page_without_a_token_asks_a_person_for_a_password_and_a_script_for_a_token(door: Door) -> None:
    client = door()
    opened = client.get("/status", headers={"Authorization": ""})
    fetched = client.get("/status", headers={"Authorization": "", "Sec-Fetch-Mode": "cors"})

    assert (opened.status_code, fetched.status_code) == (401, 401)
    assert opened.headers["WWW-Authenticate"] == 'Basic realm="etl-monitor", charset="UTF-8"'
    assert fetched.headers["WWW-Authenticate"] == "Bearer"
    assert "<h1>A token is needed</h1>" in opened.text


@pytest.mark.parametrize("user", ["", "é"])
def test_token_as_a_password_opens_the_same_page_as_the_report(door: Door, night: ETLMonitor, user: str) -> None:
    client = door("read")
    told = client.get("/", headers=basic(own_token(client), user))

    live, report = Page(told.text), Page(status_page(night))
    assert told.status_code == 200
    assert [live.says(part) for part in PARTS[:-1]] == [report.says(part) for part in PARTS[:-1]]
    assert report.says("changes") == f"{live.says('changes')} The page does not update itself."
    assert live.tables == report.tables


@pytest.mark.parametrize("text", ["Basic", "Basic !", "Basic {}", "Basic é"])
def test_password_that_is_no_token_opens_nothing(door: Door, text: str) -> None:
    client = door()
    wrong = base64.b64encode(b"me:" + own_token(client)[:-5].encode() + b"AAAAA").decode()

    told = client.get("/status", headers={"Authorization": text.replace("{}", wrong).encode("latin-1")})

    assert told.status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/start_run"),
        ("POST", "/p/CORP/HR_DAILY/1/start"),
        ("GET", "/v1/process_status"),
        ("POST", "/status"),
    ],
)
def test_token_as_a_password_calls_nothing_because_browsers_send_it_for_other_sites(
    door: Door, unwritten: Callable[[], AbstractContextManager[None]], method: str, path: str
) -> None:
    client = door()
    with unwritten():
        told = client.request(method, path, json=HR, headers=basic(own_token(client)))

    assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_page_writes_nothing(
    door: Door, night: ETLMonitor, unwritten: Callable[[], AbstractContextManager[None]]
) -> None:
    client = door("read")
    with unwritten():
        assert client.get("/status?project=CORP&process=HR_DAILY").status_code == 200


def test_token_for_a_project_shows_no_word_of_another(door: Door, night: ETLMonitor) -> None:
    client = door("read", project_code="CORP")
    paths = ["/status", "/status?project=CORP", "/status?process=HR_DAILY", "/status?state=complete"]
    shown = [client.get(path) for path in [*paths, "/status?process=PAYROLL"]]
    other = client.get("/status?project=BANK")

    assert [told.status_code for told in shown] == [200, 200, 200, 200, 404]
    assert "of 2 processes" in Page(shown[0].text).summary
    assert other.status_code == 403
    assert not [told.text for told in (*shown, other) if re.search(r"BANK|Bank|PAYROLL</|PAYROLL\"", told.text)]


def test_pages_of_two_tokens_are_kept_apart(door: Door, night: ETLMonitor) -> None:
    everything = door("read", project_code=None)
    bank = night.make_token("bank", "read", project_code="BANK").text

    assert "CORP/HR_DAILY" in everything.get("/status").text
    assert "HR_DAILY" not in everything.get("/status", headers=basic(bank)).text


# What is shown


def test_filters_of_the_address_narrow_the_page_and_are_said(door: Door, night: ETLMonitor) -> None:
    client = door("read")
    failed, not_run, one = (
        Page(client.get(f"/status?{query}").text)
        for query in ("state=failed", "state=not+run&project=CORP&on=", "project=BANK&process=PAYROLL")
    )

    assert [row[0] for row in failed.tables["days"][1:]] == ["CORP/HR_DAILY HR team"]
    assert "of 3 processes, 1 failed" in failed.summary
    assert "Only state failed. Show everything" in failed.says("")
    assert "gate 7 is shut" in failed.says("failures")
    assert [row[0] for row in not_run.tables["days"][1:]] == ["CORP/IDLE"]
    assert "No step of these days is failed." in not_run.says("failures")
    assert [row[0] for row in one.tables["days"][1:]] == ["BANK/PAYROLL Bank team"]
    assert [row[:3] for row in one.tables["weeks"][1:]] == [[DAY, "✓ complete", "1m00s"]]


def test_process_that_took_no_second_says_so_in_the_table_of_its_chart(door: Door, night: ETLMonitor) -> None:
    night.register_process("BANK", "CHECKS")
    night.register_task("BANK", "CHECKS", 1, 1, 2, "Check")
    with night.start_run("BANK", "CHECKS", DAY).task(1):
        pass

    shown = Page(door("read").get("/status?project=BANK&process=CHECKS").text)
    assert [row[:3] for row in shown.tables["weeks"][1:]] == [[DAY, "✓ complete", "under 1s"]]


def test_address_with_a_slash_at_its_end_leads_to_the_page(night: ETLMonitor, door: Door) -> None:
    told = door("read").get("/status/?project=BANK", follow_redirects=False)

    assert (told.status_code, told.headers["Location"]) == (307, "../status?project=BANK")


def test_date_of_the_address_is_the_last_of_the_days_and_its_run_is_shown(
    door: Door, night: ETLMonitor, clock: ManualClock
) -> None:
    clock.set("2026-04-20 06:00")
    with night.start_run("BANK", "PAYROLL", "2026-04-20").task(1):
        pass
    client = door("read")
    then = Page(client.get(f"/status?on={DAY}&project=BANK").text)
    empty = Page(client.get("/status?on=2026-04-10").text)

    assert then.says("run").startswith(f"BANK/PAYROLL on {DAY}")
    assert f", from {DAY} back to 2026-03-27" in then.says("days")
    assert then.summary == f"Up to {DAY}, the only process is complete, and nothing is late now."
    assert empty.says("run") == "Nothing was started on 2026-04-10."


@pytest.mark.parametrize("on", [date.min, date.max])
def test_first_and_last_date_there_are_give_a_page(door: Door, night: ETLMonitor, on: date) -> None:
    assert (
        door("read")
        .get("/status", params={"on": f"{on}", **dict(zip(["project", "process"], HR.values(), strict=True))})
        .status_code
        == 200
    )


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("project=NONE", 404, "A process of project NONE is not registered"),
        ("project=CORP&process=%3Cscript%3E", 404, "CORP/&lt;script&gt; is not registered"),
        ("process=HR_DAILY", 422, "The process HR_DAILY has no project. Choose its project too."),
        ("project=A&project=B", 422, "project is given more than once. Give it once."),
        ("state=fine", 422, "it must be one of: failed, running, waiting, complete, not run."),
        ("on=yesterday", 422, "write a date as YYYY-MM-DD."),
        ("%3Cscript%3E=1", 422, "is no filter. The filters are project, process, state and on."),
        ("project=%00", 422, "no database can store the character NUL"),
        (f"project={'x' * 2000}", 422, "the limit is 1000."),
        ("project=%ff", 404, "is not registered"),
    ],
)
def test_filter_that_means_nothing_is_told_on_a_page(
    door: Door, night: ETLMonitor, query: str, status: int, words: str
) -> None:
    told = door("read").get(f"/status?{query}")

    assert (told.status_code, told.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert words in told.text
    assert "<script>" not in told.text


# How it is sent


def test_page_lets_nothing_else_in_and_its_files_may_be_kept_for_ever(door: Door, night: ETLMonitor) -> None:
    client = door("read")
    told = client.get("/status?project=CORP&process=HR_DAILY")
    names = re.findall(r'(?:src|href)="(static/[^"]+)"', told.text)
    found = [client.get(f"/{name}", headers={"Authorization": ""}) for name in names]

    policy = dict(one.split(" ", 1) for one in told.headers["Content-Security-Policy"].split("; "))
    assert {name: policy[name] for name in ("default-src", "script-src", "frame-ancestors", "base-uri")} == {
        "default-src": "'none'",
        "script-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert told.headers["Cache-Control"] == "no-store"
    assert told.headers["Referrer-Policy"] == "no-referrer"
    assert {one.headers["X-Content-Type-Options"] for one in (told, *found)} == {"nosniff"}
    assert [one.status_code for one in found] == [200] * 5
    assert {one.headers["Cache-Control"] for one in found} == {"public, max-age=31536000, immutable"}
    assert client.get("/static/live.js").status_code == 404
    assert client.get("/static/..%2Fassets.py").status_code == 404


def test_page_that_did_not_change_is_not_sent_again_whenever_it_was_made(
    door: Door, night: ETLMonitor, clock: ManualClock
) -> None:
    client = door("read", limits=AT_ONCE)
    first = client.get("/status?project=BANK")
    clock.advance(90)
    same = client.get("/status?project=BANK", headers={"If-None-Match": first.headers["ETag"]})
    with suppress(OSError), night.start_run("BANK", "PAYROLL", DAY).task(1):
        raise OSError("gate 8 is shut")
    other = client.get("/status?project=BANK", headers={"If-None-Match": first.headers["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200
    assert "gate 8 is shut" in other.text


def test_many_who_look_cost_one_read(door: Door, night: ETLMonitor) -> None:
    client = door("read", limits=FOR_AN_HOUR)
    client.get("/status")
    with statements(night) as asked:
        texts = {client.get("/status?state=").text for _ in range(5)}

    assert (len(texts), asked) == (1, [])


@pytest.mark.parametrize("query", ["", "?project=CORP&process=HR_DAILY"])
def test_ten_years_of_history_cost_no_more_statements(door: Door, night: ETLMonitor, query: str) -> None:
    client = door("read", limits=replace(FOR_AN_HOUR, page_seconds=0))
    client.get(f"/status{query}")
    with statements(night) as before:
        client.get(f"/status{query}")
    with night.session() as session:
        session.add_all(
            ProcessingStep(
                **{**HR, "workflow_id": 1, "task_id": 1, "sequence_id": 2, "attempts": 0, "status": "DONE"},
                processing_date=date.fromisoformat(DAY) - timedelta(days=30 * number),
                execution_id=f"run {number}",
                task_name="Load employees",
                task_mandatory=True,
            )
            for number in range(2, 122)
        )
        session.commit()
    with statements(night) as after:
        told = client.get(f"/status{query}")

    assert len(after) == len(before) <= 45
    assert told.status_code == 200


def test_run_of_2000_tasks_and_300_processes_with_long_names_stay_small(
    door: Door, hr: ETLMonitor, clock: ManualClock
) -> None:
    clock.set(f"{DAY} 06:00")
    place = {"workflow_id": 1, "sequence_id": 2}
    hr.register([Process(project_code="<" * 60, process_load=f"{'&' * 56}{number}") for number in range(300)])
    hr.register([Task(**HR, **place, task_id=number, task_name=f"{'<&>' * 30}") for number in range(10, 2_010)])
    with hr.start_run(*HR.values(), DAY).task(10):
        pass
    client = door("read")
    told = [client.get(path) for path in ("/status", "/status?project=CORP&process=HR_DAILY")]

    assert [one.status_code for one in told] == [200, 200]
    assert max(len(one.content) for one in told) < 400_000
    assert "more steps: " in Page(told[1].text).says("run")


# What it says when it cannot be shown

_SECRET = "duckdb:////srv/secret.duckdb"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (DatabaseLocked(f"{_SECRET} is locked by process 7."), 503, "The database cannot be read now"),
        (
            SchemaMissing(f"{_SECRET} has no tables."),
            503,
            "Ask whoever runs the monitor to run `etl-monitor db upgrade`",
        ),
        (ConfigurationError(f"Missing privilege on {_SECRET}."), 503, "to grant it SELECT on them"),
        (DatabaseError(f"{_SECRET}: syntax error"), 500, "The database refused a question"),
        (RuntimeError(_SECRET), 500, "The server has a defect."),
    ],
)
def test_page_that_cannot_be_read_says_what_to_do_and_nothing_of_the_database(
    door: Door, night: ETLMonitor, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(looking, "look", broken)
    client = door("read")
    quiet = TestClient(client.app, headers=client.headers, raise_server_exceptions=False)
    told = quiet.get("/status", headers={"X-Request-ID": "r-7"})

    assert (told.status_code, told.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert words in told.text
    assert "Request r-7" in told.text
    assert 'data-refresh="30"' in told.text
    assert _SECRET not in told.text
    assert isinstance(error, EtlMonitorError | RuntimeError)


def test_page_over_an_empty_database_says_what_is_missing(clock: ManualClock) -> None:
    with ETLMonitor("duckdb:///:memory:", clock=clock) as monitor, TestClient(make_app(monitor)) as client:
        told = client.get("/status", headers=basic(f"etlm_{'0' * 16}_{'A' * 43}"))

    assert told.status_code == 503
    assert "run `etl-monitor db upgrade`" in told.text
    assert issubclass(SchemaMissing, SchemaError)


@pytest.mark.parametrize(("limits", "status"), [(Limits(waiting=0), 503), (Limits(rate=0.001, burst=1), 429)])
def test_page_of_a_busy_server_says_so_and_when_to_look_again(door: Door, limits: Limits, status: int) -> None:
    client = door("read", limits=limits)
    told = [client.get("/status") for _ in range(2)][-1]

    assert told.status_code == status
    assert int(told.headers["Retry-After"]) >= 1
    assert "<h1>Too many" in told.text


def test_log_has_no_filter_and_no_password(door: Door, night: ETLMonitor, caplog: pytest.LogCaptureFixture) -> None:
    client = door("read")
    with caplog.at_level("INFO", "etl_monitor_orm.server"):
        client.get("/status?project=CORP", headers=basic(own_token(client)))

    lines = [record.getMessage() for record in caplog.records if "/status" in record.getMessage()]
    assert len(lines) == 1
    assert re.search(r" GET /status 200 \d+ms [0-9a-f]{16}$", lines[0])
