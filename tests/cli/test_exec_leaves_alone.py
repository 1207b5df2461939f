"""`etl-monitor exec` changes nothing for the program: its bytes, its pipes, its signals, its status."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.patience import PATIENT

from .executing import DAY, HR, PYTHON, Place

NO_TEXT = bytes(range(256))


@pytest.mark.parametrize("options", [(), ("--tail",)])
def test_given_bytes_that_are_no_text_when_printed_then_both_streams_have_them_untouched(
    place: Place, options: tuple[str, ...]
) -> None:
    program = "import sys; sys.stdout.buffer.write(bytes(range(256))); sys.stderr.buffer.write(bytes(range(256)))"
    ended = place.exec(*HR, "1", *options, "--", PYTHON, "-c", program)

    assert (ended.code, ended.out, ended.err) == (0, NO_TEXT, NO_TEXT)


def test_given_standard_input_when_executed_then_the_program_reads_it(place: Place) -> None:
    assert place.exec(*HR, "1", "--", "cat", given=NO_TEXT).out == NO_TEXT


def test_given_arguments_when_executed_then_the_program_gets_them_as_they_are(place: Place) -> None:
    words = ["--help", "--", "a b", "", "é 🎉", "--url"]
    ended = place.exec(*HR, "1", "--", PYTHON, "-c", "import sys; print(sys.argv[1:])", *words)

    assert ended.out.decode() == f"{words}\n"


def test_given_a_line_on_stderr_when_the_program_works_on_then_it_has_arrived(place: Place) -> None:
    os.mkfifo(place.folder / "go")
    running = place.started(*HR, "1", "--", "bash", "-c", "echo first >&2; read -r _ < go; echo second >&2")
    assert running.stderr is not None
    first = running.stderr.readline()
    with open(place.folder / "go", "w") as go:
        go.write("\n")

    assert (first, running.stderr.read()) == (b"first\n", b"second\n")
    assert running.wait(PATIENT) == 0
    running.stdout.close()
    running.stderr.close()


def test_given_stdout_and_tail_when_the_program_fails_then_the_message_has_both_ends(place: Place) -> None:
    place.bash("echo out; exit 1", options=["--tail"])

    assert place.step(1).log_message == "CommandFailed: It exited with 1.\nout"


def test_given_colours_and_a_progress_bar_when_kept_then_the_message_is_plain_text(place: Place) -> None:
    place.bash(r"printf '\033[31mred\033[0m\n10%%\r99%%\r100%%\n' >&2")

    assert place.step(1).log_message == "red\n100%"


def test_given_a_long_stderr_when_kept_then_the_message_is_its_end(place: Place) -> None:
    place.bash("for i in $(seq 1 5000); do echo line $i; done >&2; exit 1")

    message = place.step(1).log_message or ""
    assert len(message) <= 2_000
    assert message.startswith("CommandFailed: It exited with 1.\nline ")
    assert message.endswith("\nline 5000")


def test_given_a_gigabyte_when_printed_then_it_passes_and_the_memory_stays_small(place: Place) -> None:
    # The program asks how large its parent is in the end: a high-water mark would count this process, which forked it.
    asks = "import subprocess; subprocess.run(['ps', '-o', 'rss=', '-p', str(os.getppid())])"
    program = f"import os; block = b'x' * 2**20\nfor _ in range(1024): os.write(2, block)\n{asks}"
    running = place.started(*HR, "1", "--", PYTHON, "-c", program)
    assert running.stderr is not None
    assert running.stdout is not None
    passed = 0
    while chunk := os.read(running.stderr.fileno(), 2**20):
        passed += len(chunk)
    kilobytes = int(running.stdout.read())
    assert (running.wait(PATIENT), passed) == (0, 2**30)
    running.stdout.close()
    running.stderr.close()

    assert kilobytes < 400 * 1024


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["no-such-program"], 127, "No such file"),
        (["./no-such-file"], 127, "No such file"),
        (["/"], 126, "Permission denied"),
        (["./plain.txt"], 126, "Permission denied"),
    ],
)
def test_given_what_cannot_be_run_when_executed_then_the_status_is_a_shells_and_the_step_says_why(
    place: Place, command: list[str], code: int, words: str
) -> None:
    (place.folder / "plain.txt").write_text("no program")
    ended = place.exec(*HR, "1", "--date", DAY, "--", *command)

    assert ended.code == code
    assert words in ended.said
    assert words in (place.step(1).log_message or "")


def test_given_a_program_that_is_killed_when_executed_then_the_status_and_the_step_name_the_signal(
    place: Place,
) -> None:
    ended = place.bash("kill -9 $$")

    assert ended.code == 137
    assert place.step(1).log_message == "CommandFailed: It was ended by SIGKILL."


@pytest.mark.usefixtures("signals_arrive")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_given_a_signal_when_exec_gets_it_then_the_program_does_and_the_step_says_so(
    place: Place, number: signal.Signals
) -> None:
    arm = f"signal.signal({int(number)}, lambda *a: sys.exit(9))"
    waits = "while True: time.sleep(0.05)"  # a signal just before a wait without an end would not end it
    program = f"import signal, sys, time; {arm}; print('up', flush=True)\n{waits}"
    running = place.started(*HR, "1", "--date", DAY, "--", PYTHON, "-c", program, start_new_session=True)
    assert running.stdout is not None
    assert running.stdout.readline() == b"up\n"
    running.send_signal(number)
    running.communicate(timeout=PATIENT)

    assert running.returncode == 9
    assert place.step(1).log_message == f"CommandFailed: It exited with 9 after {number.name}."


def test_given_a_signal_that_ends_the_program_when_exec_gets_it_then_the_status_is_a_shells(place: Place) -> None:
    running = place.started(*HR, "1", "--date", DAY, "--", "bash", "-c", "echo up; exec sleep 1000")
    assert running.stdout is not None
    assert running.stdout.readline() == b"up\n"
    running.terminate()
    running.communicate(timeout=PATIENT)

    assert (running.returncode, place.step(1).status) == (143, "FAIL")


def test_given_a_program_that_closes_its_pipes_when_it_works_on_then_exec_waits_for_its_end(place: Place) -> None:
    os.mkfifo(place.folder / "go")
    running = place.started(*HR, "1", "--date", DAY, "--", "bash", "-c", "exec 1>&- 2>&-; read -r _ < go; exit 5")
    with open(place.folder / "go", "w") as go:  # as soon as the program reads, its pipes are closed
        go.write("\n")
    running.communicate(timeout=PATIENT)

    assert (running.returncode, place.step(1).status) == (5, "FAIL")


def test_given_a_reader_of_stderr_that_leaves_when_the_program_prints_then_it_learns_it_as_ever(place: Place) -> None:
    running = place.started(*HR, "1", "--date", DAY, "--", "bash", "-c", "echo up; while echo more >&2; do :; done")
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.readline()
    running.stderr.close()
    running.stderr = None
    running.communicate(timeout=PATIENT)

    assert running.returncode == 128 + signal.SIGPIPE


def test_given_a_grandchild_that_holds_the_pipe_when_the_program_ends_then_exec_does_not_wait(
    place: Place,
) -> None:
    os.mkfifo(place.folder / "go")
    running = place.started(
        *HR, "1", "--date", DAY, "--", "bash", "-c", "(read -r _ < go; echo late >&2) >/dev/null & echo soon >&2"
    )
    assert running.stderr is not None
    assert running.wait(PATIENT) == 0
    with open(place.folder / "go", "w") as go:
        go.write("\n")

    assert running.stderr.read() == b"soon\nlate\n"
    assert place.step(1).status == "DONE"
    running.stdout.close()
    running.stderr.close()


def test_given_no_database_when_executed_then_the_program_runs_and_a_line_says_untracked(
    place: Place,
) -> None:
    ended = place.bash("echo ran; exit 4", options=["--url", f"duckdb:///{place.folder}/none/etl.duckdb"])

    assert (ended.code, ended.out) == (4, b"ran\n")
    assert "untracked" in ended.said


def test_given_no_database_when_executed_then_no_watermark_is_pretended(place: Place) -> None:
    ended = place.bash(
        'echo "${ETL_MONITOR_WATERMARK-unset}"', options=["--url", f"duckdb:///{place.folder}/none/etl.duckdb"]
    )

    assert ended.out == b"unset\n"


def test_given_a_monitor_that_goes_away_when_the_program_ends_then_its_status_stays(
    place: Place,
) -> None:
    ended = place.bash("rm monitor.duckdb; exit 4")

    assert ended.code == 4
    assert "cannot record now" in ended.said


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("python3", ["-c", "import os, sys; print(os.environ['ETL_MONITOR_TASK']); sys.exit(7)"]),
        ("node", ["-e", "console.log(process.env.ETL_MONITOR_TASK); process.exit(7)"]),
        ("bash", ["-c", "echo $ETL_MONITOR_TASK; exit 7"]),
    ],
)
def test_given_another_language_when_executed_then_it_is_tracked_alike(
    place: Place, program: str, words: list[str]
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    ended = place.exec(*HR, "1", "--date", DAY, "--", program, *words)

    assert (ended.code, ended.out, place.step(1).status) == (7, b"1.1\n", "FAIL")


def test_given_a_java_program_when_executed_then_it_is_tracked_alike(place: Place) -> None:
    if shutil.which("java") is None:
        pytest.skip("java is not installed")
    (place.folder / "Load.java").write_text(
        'class Load { public static void main(String[] a) { System.out.println(System.getenv("ETL_MONITOR_TASK"));'
        " System.exit(7); } }"
    )
    ended = place.exec(*HR, "1", "--date", DAY, "--", "java", "Load.java")

    assert (ended.code, ended.out, place.step(1).status) == (7, b"1.1\n", "FAIL")
