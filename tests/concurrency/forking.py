"""Programs that fork: each runs in a process of its own, so that the tests' process never forks."""

from __future__ import annotations

import subprocess
import sys

from tests.patience import PATIENT

PREAMBLE = """
import os, sys, traceback
from sqlalchemy import select, text
from etl_monitor_orm import ETLMonitor, EtlMonitorError, EtlLogHandler, SysLog, create_engine
url, HR, DAY = sys.argv[1], ("CORP", "HR_DAILY"), "2026-04-09"

def forked(work):
    '''Do some work in a forked child that ends as any program ends; return what it returned, or the error's text.'''
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            words = str(work())
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
        os.write(writing, words.encode())
        os.close(writing)
        sys.exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        words = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
    return words

def tell(words):
    print("refused" if "forked" in words and ("spawn" in words or "it ends there" in words) else words)
"""


def run(program: str, *arguments: str) -> list[str]:
    """Run a program; return the lines that it printed.

    Raises:
        AssertionError: It failed.
    """
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
