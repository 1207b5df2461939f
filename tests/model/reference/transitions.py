"""The state machine of one step: start, end, fail, take over, go stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .runs import latest_run
from .state import ACTOR, INITIATION, Parameter, Refused, Remark, RunKey, Slot, Step, SysLog, World, current, message
from .watermarks import WATERMARKS, Value, advance_on_done, check_move, may_move, parameter_of


@dataclass(frozen=True)
class Report:
    """What a caller says about the end of a step."""

    status: str = "DONE"
    log_message: str | None = None
    log_type: str | None = None
    log_code: str | None = None


@dataclass(frozen=True)
class Place:
    """Where the work of a step is done; None leaves what is known."""

    source_type: str | None = None
    source_run_id: str | None = None
    cluster_id: str | None = None


@dataclass(frozen=True)
class Address:
    """Which attempt of which step a caller means.

    Without a number it is the step's current attempt in the run; undated, it is on the run's latest date.
    """

    run: RunKey
    slot: Slot
    attempts: int | None = None
    sequence_id: int | None = None
    dated: bool = True


def find(world: World, now: datetime, address: Address) -> Step:
    run = address.run if address.dated else latest_run(world, now, address.run)
    if (run.process, address.slot) not in world.tasks:
        raise Refused("StepNotFound", "not in the catalogue")
    rows = [step for step in world.of_run(run) if step.slot == address.slot]
    if address.attempts is not None:
        rows = [step for step in rows if step.attempts == address.attempts]
    if address.sequence_id is not None:
        rows = [step for step in rows if step.sequence_id == address.sequence_id]
    if not rows:
        raise Refused("StepNotQueued", "no row in this run")
    return current(rows)[address.slot]


def start(
    world: World,
    now: datetime,
    address: Address,
    *,
    takeover: bool = False,
    timestamp: datetime | None = None,
    place: Place | None = None,
) -> Step:
    step = find(world, now, address)
    if not world.task_is_active(step):
        raise Refused("InvalidTransition", "its task is inactive")
    if step.force_skip and not step.running and step.status != "DONE":
        raise Refused("StepSkipped")
    if not step.unfinished or (step.running and not takeover):
        raise Refused("InvalidTransition", f"{step.status}, running: {step.running}")
    step.start_time = timestamp or now
    step.end_time = step.duration_seconds = None
    for column, value in vars(place or Place()).items():
        if value is not None:
            setattr(step, column, value)
    write(step, now)
    return step


def end(world: World, now: datetime, address: Address, report: Report, *, timestamp: datetime | None = None) -> Step:
    """DONE or FAIL; a DONE moves the step's DELTA_DATE watermark where it may."""
    step = find(world, now, address)
    finish(world, now, step, report, timestamp)
    if report.status == "DONE":
        advance_on_done(world, now, step)
    return step


def finish(world: World, now: datetime, step: Step, report: Report, timestamp: datetime | None = None) -> None:
    if step.force_skip and step.waiting:
        raise Refused("StepSkipped")
    if not step.unfinished:
        raise Refused("InvalidTransition", step.status)
    if timestamp is not None and step.running and step.start_time is not None and timestamp < step.start_time:
        raise Refused("InvalidInput", "an end before its start")
    step.status = report.status
    step.end_time = timestamp or now
    if step.start_time is not None:
        step.duration_seconds = max(0, (step.end_time - step.start_time) // timedelta(seconds=1))
    step.log_message = message(report.log_message)
    step.log_type = "ERROR" if report.status == "FAIL" else report.log_type or "INFO"
    step.log_code = report.log_code
    write(step, now)
    if report.status == "FAIL" and step.task_mandatory and step.slot != INITIATION:
        reopen_initiation(world, now, step)


def set_skipped(world: World, now: datetime, address: Address, skipped: bool) -> None:
    """Leave a step out of its run, or include it again; nothing is written when it is so already."""
    step = find(world, now, address)
    if bool(step.force_skip) is skipped:
        return
    if skipped and not (step.waiting or step.status == "FAIL"):
        raise Refused("InvalidTransition", step.status)
    step.force_skip = skipped
    write(step, now)


def reopen_initiation(world: World, now: datetime, failed: Step) -> None:
    """A mandatory failure puts the run's marker back in the queue, in place."""
    run = RunKey(failed.execution_id, failed.process, failed.processing_date)
    marker = current(world.of_run(run)).get(INITIATION)
    if marker is not None and marker.status == "DONE":
        marker.status = "NQUE"
        marker.start_time = marker.end_time = marker.duration_seconds = None
        write(marker, now)


@dataclass
class Claim:
    """What the worker that started a step holds while its task runs."""

    started: datetime | None
    staged: Value | None = None
    holds: bool = False
    may_rewind: bool = False
    known: Parameter | None = None
    """The watermark as the worker read it first, a copy."""
    known_value: datetime | int | bool | None = None
    was_historic: bool = False
    has_read: bool = False

    @classmethod
    def of(cls, step: Step) -> Claim:
        return cls(step.start_time)

    def check(self, step: Step) -> None:
        """Somebody else may have ended the step, or taken it over."""
        if not step.running or step.start_time != self.started:
            raise Refused("InvalidTransition", "no longer this worker's")


def end_claimed(world: World, now: datetime, step: Step, claim: Claim) -> None:
    """A clean exit: DONE, and the staged watermark or else the automatic one."""
    claim.check(step)
    finish(world, now, step, Report())
    if claim.staged is None and not claim.holds:
        advance_on_done(world, now, step)
        return
    parameter = named_parameter(world, step)
    if parameter is None:
        return
    if world.sysdt(step.process) is not None:
        if claim.staged is not None:
            receipt = SysLog(*step.process, now, parameter.parameter_name, parameter.active)
            world.logs.append(receipt)
    elif claim.staged is None:
        parameter.hold(now)
    elif may_move(parameter, claim.staged, claim.may_rewind):
        parameter.set(claim.staged, now, on_purpose=True)
    else:
        step.log_message = Remark()


def end_with_claim(world: World, now: datetime, step: Step, claim: Claim, report: Report) -> None:
    """A flat call that passes on what the start returned: that start of that attempt ends, or none."""
    claim.check(step)
    finish(world, now, step, report)
    if report.status == "DONE":
        advance_on_done(world, now, step)


def fail_claimed(world: World, now: datetime, step: Step, claim: Claim, text: str) -> None:
    claim.check(step)
    finish(world, now, step, Report("FAIL", text))


def heartbeat(step: Step, claim: Claim, now: datetime) -> None:
    claim.check(step)
    write(step, now)


def watermark_of(world: World, step: Step, claim: Claim) -> datetime | int | bool | None:
    """The active value as the task first saw it: what it has read up to does not change under its hands."""
    if not claim.has_read:
        claim.known = named_parameter(world, step)
        claim.known_value = claim.known.active if claim.known is not None else None
        claim.was_historic = world.sysdt(step.process) is not None
        claim.has_read = True
    return claim.known_value


def stage(world: World, step: Step, claim: Claim, value: Value, allow_rewind: bool) -> None:
    present = watermark_of(world, step, claim)
    if claim.known is None:
        raise Refused("InvalidInput", "no watermark to advance")
    check_move(claim.known.parameter_type, present, value, allow_rewind or claim.was_historic)
    claim.staged, claim.holds, claim.may_rewind = value, False, allow_rewind


def hold(world: World, step: Step, claim: Claim) -> None:
    """Stay where it is; a DELTA_ID stays anyway."""
    watermark_of(world, step, claim)
    if claim.known is None or claim.known.parameter_type not in WATERMARKS:
        raise Refused("InvalidInput", "no watermark to hold")
    claim.staged, claim.holds = None, claim.known.parameter_type == "DELTA_DATE"


def named_parameter(world: World, step: Step) -> Parameter | None:
    """The parameter that the step names; it must exist when it names one."""
    return None if step.source_system_code is None else parameter_of(world, step.process, step.source_system_code)


def stale(world: World, now: datetime, older_than: timedelta) -> list[Step]:
    """Running steps of the last 35 days that nobody has touched for longer than ``older_than``: the date's attempts."""
    dates = {(s.process, s.processing_date) for s in world.steps if s.processing_date >= (now - timedelta(35)).date()}
    steps = [step for process, day in dates for step in current(world.on_date(process, day)).values()]
    return [s for s in steps if s.running and s.last_updated_on < now - older_than]


def fail_stale(world: World, now: datetime, older_than: timedelta) -> list[Step]:
    found = stale(world, now, older_than)
    for step in found:
        finish(world, now, step, Report("FAIL", log_code="STALE"))
        step.log_message = Remark()
    return found


def write(step: Step, now: datetime) -> None:
    step.last_updated_on = now
    step.last_updated_by = ACTOR
