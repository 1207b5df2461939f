"""Several processes and one database: what a killed one leaves, and what an interrupt leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ProcessingStep, SysLog
from tests.patience import PATIENT

NEEDS = ("transactions",)
HR = ("CORP", "HR_DAILY")

Steps = Callable[..., list[ProcessingStep]]

PREAMBLE = """
import os, signal, sys
from etl_monitor_orm import ETLMonitor, EtlMonitorError
monitor = ETLMonitor(sys.argv[1])
HR = ("CORP", "HR_DAILY")
"""


def child(program: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a program in another process, with `monitor` on that database."""
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, url], capture_output=True, text=True, timeout=PATIENT, check=False
    )


def test_given_a_monitor_that_was_closed_when_it_is_used_again_then_it_opens_the_file_again(
    monitor: ETLMonitor,
) -> None:
    monitor.close()

    assert monitor.start_run(*HR).pending() != []


def test_given_a_process_that_closed_its_monitor_when_another_wrote_then_the_first_sees_it(
    monitor: ETLMonitor, url: str
) -> None:
    monitor.close()
    child('monitor.register_process(*HR, name="renamed elsewhere"); monitor.start_run(*HR, "2026-04-09")', url)

    assert [line.task_name for line in monitor.get_status(*HR, "2026-04-09")] == ["Initiation"]


def test_given_a_process_that_ends_without_closing_then_what_it_wrote_is_there(monitor: ETLMonitor, url: str) -> None:
    monitor.close()
    child('monitor.start_run(*HR, "2026-04-09")', url)

    assert len(monitor.get_status(*HR, "2026-04-09")) == 1


def killed_after(lines: int, program: str, url: str) -> int:
    """Kill a program with SIGKILL once it printed some lines; return how many it had printed in the end."""
    process = subprocess.Popen([sys.executable, "-u", "-c", PREAMBLE + program, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = 0
    for _ in process.stdout:
        printed += 1
        if printed == lines:
            process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=PATIENT) == -signal.SIGKILL
    process.stdout.close()
    return printed


def test_given_a_process_that_is_killed_while_it_writes_then_nothing_acknowledged_is_lost(
    monitor: ETLMonitor, url: str
) -> None:
    monitor.close()
    acknowledged = killed_after(
        60,
        """
for number in range(100_000):
    monitor.log(f"line {number}")
    print(number)
""",
        url,
    )

    with monitor.session() as session:
        written = session.scalars(select(SysLog.message).order_by(SysLog.id)).all()
    assert written[:acknowledged] == [f"line {number}" for number in range(acknowledged)]
    assert len(written) - acknowledged in (0, 1)


def test_given_a_process_that_is_killed_inside_a_task_then_its_running_step_can_be_taken_over(
    monitor: ETLMonitor, url: str, steps: Steps
) -> None:
    run = monitor.start_run(*HR, "2026-04-09", execution_id="run-1")
    monitor.close()
    killed_after(
        1,
        """
with monitor.task("run-1", *HR, 0):
    print("working")
    signal.pause()
""",
        url,
    )
    assert steps(task_id=0)[0].is_running

    with run.task(0, takeover=True):
        pass
    assert steps(task_id=0)[0].status == "DONE"


def test_given_a_process_that_is_killed_inside_a_task_then_it_goes_stale(monitor: ETLMonitor, url: str) -> None:
    monitor.start_run(*HR, "2026-04-09", execution_id="run-1")
    monitor.close()
    killed_after(1, 'monitor.task("run-1", *HR, 0).__enter__(); print("working"); signal.pause()', url)

    assert [step.log_code for step in monitor.fail_stale(0, since="2026-04-09")] == ["STALE"]


@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_given_a_process_interrupted_inside_a_task_then_the_step_fails_and_the_program_ends(
    monitor: ETLMonitor, url: str, steps: Steps
) -> None:
    monitor.start_run(*HR, "2026-04-09", execution_id="run-1")
    monitor.close()
    ended = child(
        """
with monitor.task("run-1", *HR, 0):
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
print("went on")
""",
        url,
    )

    assert (ended.returncode, ended.stdout) == (-signal.SIGINT, "")
    (step,) = steps(task_id=0)
    assert (step.status, (step.log_message or "").startswith("KeyboardInterrupt")) == ("FAIL", True)
