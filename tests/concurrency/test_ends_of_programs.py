"""How a program ends that has tasks at work: by SIGTERM, by its last line, or in a forked child."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from etl_monitor_orm import ConfigurationError, ETLMonitor, ProcessingStep, terminate_as_exit
from tests.concurrency.forking import PREAMBLE, run
from tests.patience import PATIENT

Steps = Callable[..., list[ProcessingStep]]

OPEN = """
monitor = ETLMonitor(url)
run = monitor.start_run(*HR, DAY, execution_id="run-1")
"""


@pytest.fixture
def handling() -> Iterator[None]:
    """Leave the tests' process as it was."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def _registered(request: pytest.FixtureRequest) -> None:
    """The process, in a database that no other process holds."""
    if "url" in request.fixturenames:
        request.getfixturevalue("monitor").close()


def terminated(program: str, url: str) -> tuple[int, str, str]:
    """Run a program until it prints a line, send it SIGTERM; return how it ended and what it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + program, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    rest, trouble = process.communicate(timeout=PATIENT)
    return process.returncode, first + rest, trouble


def test_task_at_work_when_sigterm_comes_is_failed_and_the_program_ends_with_143(url: str, steps: Steps) -> None:
    program = f"""
import time
from etl_monitor_orm import terminate_as_exit
terminate_as_exit()
{OPEN}
with run.task(0, heartbeat=0.01):
    print("at work", flush=True)
    while True:  # a wait without an end would miss a signal that comes just before it
        time.sleep(0.05)
"""
    code, printed, trouble = terminated(program, url)

    assert (code, printed, trouble) == (143, "at work\n", "")
    assert [(step.status, step.log_message) for step in steps(task_id=0)] == [("FAIL", "SystemExit: 143")]


def test_coroutine_at_work_when_sigterm_comes_is_failed_and_the_program_ends_with_143(url: str, steps: Steps) -> None:
    program = f"""
import asyncio
from etl_monitor_orm import terminate_as_exit
terminate_as_exit()
{OPEN}
async def main():
    async with run.task(0):
        print("at work", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    code, printed, trouble = terminated(program, url)

    assert (code, printed, trouble) == (143, "at work\n", "")
    assert [step.status for step in steps(task_id=0)] == ["FAIL"]


def test_second_sigterm_while_the_first_is_recorded_is_ignored(handling: None) -> None:
    with terminate_as_exit():
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    assert ended.value.code == 143


def test_block_when_it_ends_restores_what_was_there(handling: None) -> None:
    got = []
    signal.signal(signal.SIGTERM, lambda *about: got.append(about[0]))

    with terminate_as_exit(), terminate_as_exit():
        pass
    signal.raise_signal(signal.SIGTERM)

    assert got == [signal.SIGTERM]


def test_restore_leaves_a_handler_that_somebody_has_set_since(handling: None) -> None:
    termination = terminate_as_exit()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    termination.restore()

    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_call_in_another_thread_is_refused_and_changes_nothing(handling: None) -> None:
    before, raised = signal.getsignal(signal.SIGTERM), []

    def call() -> None:
        try:
            terminate_as_exit()
        except ConfigurationError as error:
            raised.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(PATIENT)

    assert "main thread" in raised[0]
    assert signal.getsignal(signal.SIGTERM) == before


def test_forked_child_when_sigterm_comes_ends_as_without_the_call() -> None:
    program = """
import signal
from etl_monitor_orm import terminate_as_exit
with terminate_as_exit():
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(program, "") == [str(-signal.SIGTERM)]


@pytest.mark.parametrize("every", [0.0001, 3600])
def test_program_when_it_ends_with_a_task_left_open_ends_in_peace(url: str, steps: Steps, every: float) -> None:
    program = f"{OPEN}\ntask = run.task(0, heartbeat={every}).__enter__()"

    assert run(program, url) == []
    assert [step.is_running for step in steps(task_id=0)] == [True]


def test_forked_child_has_no_heartbeat_and_ends_in_peace_and_the_parent_goes_on(url: str, steps: Steps) -> None:
    program = f"""
import threading
{OPEN}
def alive():
    return [one.name for one in threading.enumerate() if one.is_alive()]
with run.task(0, heartbeat=0.001) as task:
    for _ in range(5):
        print(forked(alive))
        tell(forked(lambda: task.__exit__(None, None, None)))
"""
    assert run(program, url) == ["['MainThread']", "refused"] * 5
    assert [step.status for step in steps(task_id=0)] == ["DONE"]


def test_forked_child_of_a_thread_that_was_about_to_beat_does_not_wait_for_it(url: str) -> None:
    program = f"""
{OPEN}
with run.task(0, heartbeat=0.001) as task:
    with task._heartbeats._over._cond:  # what a thread may hold at a fork, and the child then for ever
        tell(forked(lambda: task.__exit__(None, None, None)))
"""
    assert run(program, url) == ["refused"]


@pytest.mark.parametrize("ends", ["raise SystemExit(0)", "raise ValueError('no')", "pass"])
def test_forked_child_that_leaves_the_block_leaves_the_step_to_its_parent(url: str, steps: Steps, ends: str) -> None:
    program = f"""
{OPEN}
child = None
try:
    with run.task(0):
        child = os.fork()
        if not child:
            {ends}
        else:
            os.waitpid(child, 0)
except BaseException:
    pass
if not child:
    os._exit(0)
"""
    assert run(program, url) == []
    assert [(step.status, step.log_message) for step in steps(task_id=0)] == [("DONE", None)]


def test_monitor_in_a_with_statement_lets_go_of_its_database_also_on_an_error(url: str) -> None:
    def work() -> None:
        with ETLMonitor(url) as monitor:
            monitor.processes()
            raise OSError("source is down")

    with pytest.raises(OSError, match="source is down"):
        work()
    assert run("print(len(ETLMonitor(url).processes()))", url) == ["0"]
