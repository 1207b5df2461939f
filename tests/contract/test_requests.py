"""Requests with an idempotency key: executed once, answered alike each time, continued where a process was killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from etl_monitor_orm import (
    Claim,
    ConnectionBroken,
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    KeyReused,
    ManualClock,
    RequestInProgress,
    Run,
)
from etl_monitor_orm.models import StoredRequest
from etl_monitor_orm.services.requests import LEASE
from etl_monitor_orm.tokens import Answer, Request, Requests, digest_of
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)
DAY = "2026-04-09"
DONE = Answer(200, '{"done": true}')
WHAT = digest_of("end_task", {"task_id": 1})


class Killed(BaseException):
    """The process was killed."""


@pytest.fixture
def requests(monitor: ETLMonitor) -> Requests:
    return Requests(monitor)


@pytest.fixture
def left(monitor: ETLMonitor, requests: Requests, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Leave a request as a process does that is killed after its work, and before it can write anything more."""

    def kill(work: Callable[[Request], object], key: str = "key") -> None:
        def do(request: Request) -> Answer:
            work(request)
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(Requests, "_afterwards", lambda self, do: None)
            with pytest.raises(Killed):
                requests.remembered("token", key, WHAT, do)

    return kill


def never(request: Request) -> Answer:
    raise AssertionError("it is executed a second time")


def nothing(request: Request) -> None:
    """Work that its process did not begin."""


# Answered


def test_request_that_was_answered_when_sent_again_gets_the_same_answer(requests: Requests) -> None:
    first = requests.remembered("token", "key", WHAT, lambda request: DONE)
    again = requests.remembered("token", "key", WHAT, never)

    assert (first, again) == (DONE, Answer(200, DONE.body, repeated=True))


@pytest.mark.parametrize("body", ["", "{}", "it's `ours`: 🎉\n\\", "x" * 1_000_000])
def test_answer_of_any_text_round_trips(requests: Requests, body: str) -> None:
    requests.remembered("token", "key", WHAT, lambda request: Answer(201, body))

    assert requests.remembered("token", "key", WHAT, never) == Answer(201, body, repeated=True)


@pytest.mark.parametrize(("token", "key"), [("token", "KEY"), ("token", "key "), ("tokem", "key"), ("token", "ke")])
def test_request_with_another_key_or_token_is_another_request(requests: Requests, token: str, key: str) -> None:
    requests.remembered("token", "key", WHAT, lambda request: DONE)

    assert requests.remembered(token, key, WHAT, lambda request: Answer(200, "mine")).body == "mine"


def test_key_that_came_with_another_request_is_refused(requests: Requests, refused) -> None:
    requests.remembered("token", "key", WHAT, lambda request: DONE)

    with refused(KeyReused, "key", "its own"):
        requests.remembered("token", "key", digest_of("end_task", {"task_id": 2}), never)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, None, 7, "a\0"])
def test_key_that_cannot_be_read_is_refused(requests: Requests, refused, key: object) -> None:
    with refused(InvalidInput, "Idempotency-Key"):
        requests.remembered("token", key, WHAT, never)  # type: ignore[arg-type]


def test_digest_is_of_the_call_and_its_arguments_in_any_order() -> None:
    same = {digest_of("log", {"a": 1, "b": None}), digest_of("log", {"b": None, "a": 1})}
    others = {digest_of("log", {"a": 1}), digest_of("end", {"a": 1}), digest_of("log", {"a": "1"}), *same}

    assert (len(same), len(others)) == (1, 4)


# Refused, broken


@pytest.mark.parametrize("error", [InvalidTransition("no"), ConnectionBroken("away"), Killed()])
def test_request_whose_work_raised_can_be_sent_again_at_once(requests: Requests, error: BaseException) -> None:
    def fails(request: Request) -> Answer:
        raise error

    with pytest.raises(type(error)):
        requests.remembered("token", "key", WHAT, fails)

    assert requests.remembered("token", "key", WHAT, lambda request: DONE) == DONE


def test_answer_that_cannot_be_stored_is_given_all_the_same(
    requests: Requests, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*arguments: object) -> None:
        raise ConnectionBroken("gone")

    monkeypatch.setattr("etl_monitor_orm.services.requests.answer", away)

    assert requests.remembered("token", "key", WHAT, lambda request: DONE) == DONE
    assert "gone" in caplog.text


# Two at once


def test_request_that_is_being_answered_when_sent_again_is_to_be_sent_later(requests: Requests) -> None:
    errors = []

    def work(request: Request) -> Answer:
        with pytest.raises(RequestInProgress) as caught:
            requests.remembered("token", "key", WHAT, never)
        errors.append(caught.value)
        return DONE

    assert requests.remembered("token", "key", WHAT, work) == DONE
    assert [1 <= error.retry_after <= 5 for error in errors] == [True]


def test_same_request_sent_by_many_at_once_is_executed_once(requests: Requests) -> None:
    executed: list[str] = []
    told: list[object] = []
    together = threading.Barrier(4)
    all_refused = threading.Semaphore(0)

    def work(request: Request) -> Answer:
        executed.append("once")
        for _ in range(3):  # the answer comes when the others have asked
            assert all_refused.acquire(timeout=PATIENT)
        return DONE

    def ask() -> None:
        together.wait(timeout=PATIENT)
        try:
            told.append(requests.remembered("token", "key", WHAT, work))
        except Exception as error:
            told.append(type(error))
            all_refused.release()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENT)

    assert executed == ["once"]
    assert sorted(map(repr, told)) == sorted(map(repr, [DONE, *[RequestInProgress] * 3]))


# Killed


def test_request_whose_process_was_killed_is_executed_again_after_its_lease(
    requests: Requests, left, clock: ManualClock
) -> None:
    left(nothing)
    clock.advance(LEASE.total_seconds() - 1)
    with pytest.raises(RequestInProgress):
        requests.remembered("token", "key", WHAT, never)
    clock.advance(1)

    assert requests.remembered("token", "key", WHAT, lambda request: DONE) == DONE


def test_try_that_was_thought_dead_does_not_overwrite_the_answer_of_the_next(
    requests: Requests, clock: ManualClock
) -> None:
    def slow(request: Request) -> Answer:
        clock.advance(LEASE.total_seconds())
        requests.remembered("token", "key", WHAT, lambda request: DONE)
        return Answer(500, "late")

    requests.remembered("token", "key", WHAT, slow)

    assert requests.remembered("token", "key", WHAT, never).body == DONE.body


def test_tries_of_one_request_have_the_same_run_id_and_other_requests_another(
    requests: Requests, left, clock: ManualClock
) -> None:
    ids: list[str] = []

    def note(request: Request) -> Answer:
        ids.append(request.run_id)
        return DONE

    left(note)
    clock.advance(LEASE.total_seconds())
    requests.remembered("token", "key", WHAT, note)
    requests.remembered("token", "other", WHAT, note)

    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


def test_start_that_was_killed_before_its_answer_is_recognised_with_its_claim(
    hr: ETLMonitor, run: Run, requests: Requests, left, clock: ManualClock
) -> None:
    claims = []
    left(lambda request: claims.append(request.monitor.start_task(*RUN, 1, processing_date=DAY)))
    clock.advance(LEASE.total_seconds())

    def again(request: Request) -> Answer:
        with pytest.raises(InvalidTransition) as refusal:
            request.monitor.start_task(*RUN, 1, processing_date=DAY)
        claims.append(request.done_before(refusal.value))
        return DONE

    requests.remembered("token", "key", WHAT, again)

    assert claims[0].started == claims[1].started
    hr.end_task(*RUN, 1, processing_date=DAY, claim=str(claims[1]))


@pytest.mark.parametrize("end", ["end_task", "fail_task"])
def test_end_that_was_killed_before_its_answer_is_recognised(
    hr: ETLMonitor, run: Run, requests: Requests, left, clock: ManualClock, end: str
) -> None:
    hr.start_task(*RUN, 1, processing_date=DAY)
    clock.advance(10)
    left(lambda request: getattr(request.monitor, end)(*RUN, 1, processing_date=DAY))
    clock.advance(LEASE.total_seconds())
    found: list[Claim | None] = []

    def again(request: Request) -> Answer:
        with pytest.raises(InvalidTransition) as refusal:
            getattr(request.monitor, end)(*RUN, 1, processing_date=DAY)
        found.append(request.done_before(refusal.value))
        return DONE

    requests.remembered("token", "key", WHAT, again)

    assert [claim is not None for claim in found] == [True]


def test_start_by_somebody_else_is_not_taken_for_the_request_s_own(
    hr: ETLMonitor, run: Run, requests: Requests, left, clock: ManualClock
) -> None:
    left(nothing)
    clock.advance(1)
    hr.start_task(*RUN, 1, processing_date=DAY)
    clock.advance(LEASE.total_seconds())
    found: list[Claim | None] = []

    def again(request: Request) -> Answer:
        with pytest.raises(InvalidTransition) as refusal:
            request.monitor.start_task(*RUN, 1, processing_date=DAY)
        found.append(request.done_before(refusal.value))
        return DONE

    requests.remembered("token", "key", WHAT, again)

    assert found == [None]


def test_start_with_a_reported_time_that_was_killed_is_recognised_by_that_time(
    hr: ETLMonitor, run: Run, requests: Requests, left, clock: ManualClock
) -> None:
    reported = clock.now - timedelta(minutes=5)
    left(lambda request: request.monitor.start_task(*RUN, 1, processing_date=DAY, timestamp=reported))
    clock.advance(LEASE.total_seconds())
    found: list[Claim | None] = []

    def again(request: Request) -> Answer:
        with pytest.raises(InvalidTransition) as refusal:
            request.monitor.start_task(*RUN, 1, processing_date=DAY, timestamp=reported)
        found.extend((request.done_before(refusal.value), request.done_before(refusal.value, reported)))
        return DONE

    requests.remembered("token", "key", WHAT, again)

    assert [claim is not None for claim in found] == [False, True]


def test_run_that_was_started_before_the_process_was_killed_is_started_once(
    hr: ETLMonitor, requests: Requests, left, clock: ManualClock
) -> None:
    def begin(request: Request) -> Answer:
        request.monitor.start_run(*HR, DAY, execution_id=request.run_id)
        return DONE

    left(begin)
    clock.advance(LEASE.total_seconds())
    requests.remembered("token", "key", WHAT, begin)

    assert len(hr.list_runs(processing_date=DAY)) == 1


# Forgotten


def keys(rows: Callable[..., list[StoredRequest]]) -> list[str]:
    return [row.request_key for row in rows(StoredRequest)]


def test_answers_older_than_a_day_are_deleted_now_and_then_and_newer_ones_stay(
    requests: Requests, clock: ManualClock, rows
) -> None:
    requests.remembered("token", "old", WHAT, lambda request: DONE)
    clock.advance(1)
    requests.remembered("token", "newer", WHAT, lambda request: DONE)
    clock.advance(24 * 3600)
    requests.remembered("token", "today", WHAT, lambda request: DONE)

    assert keys(rows) == ["newer", "today"]


def test_old_answers_are_looked_for_once_an_hour(requests: Requests, clock: ManualClock, statements) -> None:
    requests.remembered("token", "first", WHAT, lambda request: DONE)
    clock.advance(3599)
    with statements.counted() as within:
        requests.remembered("token", "second", WHAT, lambda request: DONE)
    clock.advance(1)
    with statements.counted() as later:
        requests.remembered("token", "third", WHAT, lambda request: DONE)

    assert (len(within), len(later)) == (2, 3)


def test_old_answers_when_many_are_deleted_the_oldest_first(
    requests: Requests, clock: ManualClock, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl_monitor_orm.tokens.remembering._AT_ONCE", 2)
    for key in ("a", "b", "c"):
        requests.remembered("token", key, WHAT, lambda request: DONE)
        clock.advance(1)
    clock.advance(24 * 3600)

    assert (requests.forget(), keys(rows)) == (2, ["c"])
    assert (requests.forget(), requests.forget(), keys(rows)) == (1, 0, [])


def test_old_request_that_somebody_is_at_work_on_is_not_deleted(
    requests: Requests, left, clock: ManualClock, rows
) -> None:
    left(nothing)
    clock.advance(24 * 3600 + 1)

    def work(request: Request) -> Answer:
        requests.forget()
        return DONE

    requests.remembered("token", "key", WHAT, work)

    assert keys(rows) == ["key"]


def test_request_that_was_answered_when_sent_again_costs_two_statements(requests: Requests, statements) -> None:
    requests.remembered("token", "key", WHAT, lambda request: DONE)
    with statements.counted() as executed:
        requests.remembered("token", "key", WHAT, never)

    assert len(executed) == 2
