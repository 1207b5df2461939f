"""Runs the mutations in a clone of the last commit and prints what survived, with the score.

    python -m scripts.mutation                      all of services/, views/ and sql/: hours
    python -m scripts.mutation reset stale          these modules
    python -m scripts.mutation --sample 100         a hundred mutations of all, chosen by --seed
    python -m scripts.mutation --near               only the tests that execute the line, or are about its module

The tests run on DuckDB in one process; two runs in two terminals use two processors. What survives takes all the tests,
minutes each; with --near it takes seconds, and a few survive that another test would notice.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import join
from time import monotonic
from typing import Final

from cosmic_ray import plugins
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem

from scripts.mutation.covering import Covering, measuring
from scripts.mutation.operators import Provider
from scripts.mutation.plan import KEPT, THEN, Place, is_of_views, modules, named, nearest, unpromised

PATIENCE: Final = 4.0
"""How often the time of the tests without a mutation a trial may take; then the mutation made a call hang."""


def main() -> int:
    """Run, and return 1 if something survived."""
    options = _options()
    plugins.OPERATOR_PROVIDERS["own"] = Provider()
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(here), str(root)], check=True)
        os.chdir(root)
        os.environ["PYTHONPATH"] = str(root)
        if missing := [test for test in named() if not (root / test).exists()]:
            sys.exit(f"scripts/mutation/plan.py names what does not exist: {', '.join(missing)}.")
        data, since = Path(folder) / "coverage", monotonic()
        if subprocess.run(_command(THEN, *measuring(data)), check=False).returncode:
            sys.exit("The tests fail without a mutation, so each mutation would seem killed. Mend that first.")
        longest = (monotonic() - since) * PATIENCE
        covering = Covering(data, _known())
        items = list(_items(root, options.modules))
        if options.sample:
            items = random.Random(options.seed).sample(items, min(options.sample, len(items)))
        trials = Trials(root, covering, longest, near=options.near)
        survivors = sum(trials.survives(f"{number}/{len(items)}", item) for number, item in enumerate(items, 1))
    killed = len(items) - survivors
    print(f"{killed} of {len(items)} killed: {killed / max(len(items), 1):.1%}")
    return 1 if survivors else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="words in the paths of the modules; else all")
    parser.add_argument("--near", action="store_true", help="only the tests near a mutation, where there are any")
    parser.add_argument("--sample", type=int, help="how many mutations; else all")
    parser.add_argument("--seed", type=int, default=0, help="chooses the sample")
    return parser.parse_args()


def _items(root: Path, chosen: list[str]) -> Iterator[WorkItem]:
    with use_db(":memory:", WorkDB.Mode.create) as work:
        init([file.relative_to(root) for file in modules(root, chosen)], work, {})
        for item in work.work_items:
            mutation = item.mutations[0]
            if KEPT.fullmatch(mutation.operator_name) and not _is_unpromised(
                Path(mutation.module_path), mutation.start_pos
            ):
                yield item


def _is_unpromised(module: Path, place: Place) -> bool:
    return any(start <= place < end for start, end in unpromised(module))


def _command(tests: Sequence[str], *measured: str) -> list[str]:
    # With the compiled files of the trial before: a trial takes longer than a second, so a changed file is recompiled.
    python = ("env", "-u", "PYTHONDONTWRITEBYTECODE", sys.executable)
    options = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--backend", "duckdb")
    return [*python, *measured, "-m", "pytest", *options, *tests]


def _known() -> set[str]:
    """The names of all tests, without their cases."""
    found = subprocess.run([*_command(THEN), "--collect-only"], check=True, capture_output=True, text=True)
    return {line.partition("[")[0] for line in found.stdout.splitlines() if "::" in line}


@dataclass(frozen=True)
class Trials:
    """Tries mutations, one after the other.

    Attributes:
        root: The clone in which files are changed.
        covering: Which tests execute a line.
        longest: Seconds after which a trial ends: the mutation made a call hang.
        near: Whether only the tests near a mutation run, where there are any.
    """

    root: Path
    covering: Covering
    longest: float
    near: bool

    def survives(self, number: str, item: WorkItem) -> bool:
        """Try one mutation; print it if no test noticed."""
        mutation = item.mutations[0]
        module = Path(mutation.module_path)
        tests = self.covering.tests_of(self.root / module, mutation.start_pos[0])
        since = monotonic()
        result = mutate_and_test(item.mutations, self._command(module, tests), self.longest)
        survives = result.test_outcome is TestOutcome.SURVIVED
        word = "SURVIVED" if survives else "hung" if result.output == "timeout" else "killed"
        line, what = mutation.start_pos[0], mutation.operator_name.partition("/")[2]
        print(
            f"{number} {word} {module}:{line} {what} ({len(tests)} tests near, {monotonic() - since:.0f} s)", flush=True
        )
        if survives:
            print(result.diff, flush=True)
        return survives

    def _command(self, module: Path, covering: Sequence[str]) -> str:
        """Freeze the views again if they may have changed, then run the nearest tests first, and all if those pass."""
        commands = [["git", "checkout", "-q", "alembic/views"]]
        if is_of_views(module):
            latest = max(folder.name for folder in (self.root / "alembic" / "views").iterdir())
            commands.append([sys.executable, "scripts/freeze_views.py", latest])
        groups = [tests for tests in (covering, nearest(self.root, module)) if tests]
        if not (self.near and covering):
            groups.append(THEN)
        commands += [_command(tests) for tests in groups]
        return join(["sh", "-c", " && ".join(join(command) for command in commands)])


if __name__ == "__main__":
    sys.exit(main())
