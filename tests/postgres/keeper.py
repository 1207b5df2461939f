"""Keeps a server for a test run: starts it, and stops it when the run ends, is interrupted, or is killed.

    python -m tests.postgres.keeper VERSION

It writes the server's folder and port in one line. The lines `restart` and `stop` on its standard input do so, and are
repeated when done; when that input closes, which it does for a run that was killed too, all is taken away.

The server refuses to run as root: there it is another user's, and so must be a copy of
its binaries, since a user's own folders are closed to others.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.postgres.binaries import PASSWORD, installation

SETTINGS = {
    "fsync": "off",  # a test's data need not survive the machine
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "10s",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "Asia/Kathmandu",  # so that a time that is not said to be UTC is seen to be wrong
    "log_timezone": "UTC",
    "listen_addresses": "127.0.0.1",
}


def other_user() -> dict[str, Any]:
    """How `subprocess` starts a program as somebody else, where this process is root."""
    if os.getuid() != 0:
        return {}
    somebody = pwd.getpwnam("nobody")
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def binaries(version: int, folder: Path) -> Path:
    """Where the server's user can read the binaries."""
    installed = installation(version)
    if not other_user():
        return installed / "bin"
    package = installed.parent
    shutil.copytree(installed, folder / package.name / installed.name, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel for Linux keeps what its binaries link to
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / package.name / installed.name / "bin"


def make_cluster(version: int, folder: Path) -> tuple[Path, Path]:
    """Make a cluster in a folder; return where its programs and its files are."""
    somebody = other_user()
    programs = binaries(version, folder)
    owned = folder / "server"
    owned.mkdir()
    folder.chmod(0o755)
    secret = owned / "password"
    secret.write_text(PASSWORD)
    if somebody:
        for path in (owned, secret):
            os.chown(path, somebody["user"], somebody["group"])
    data = owned / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-N", "--pwfile", secret,
         "--auth-local=trust", "--auth-host=scram-sha-256"],
        check=True, stdout=subprocess.DEVNULL, cwd=owned, env={"LC_ALL": "C"}, **somebody,
    )  # fmt: skip
    return programs, owned


def serve(programs: Path, owned: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server on a cluster; return it once it takes connections."""
    somebody = other_user()
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (owned / "log").open("ab") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", owned / "data", "-p", str(port), "-k", owned, *options],
            stdout=log, stderr=log, cwd=owned, env={"LC_ALL": "C"}, **somebody,
        )  # fmt: skip
    ready = [programs / "pg_isready", "-q", "-h", owned, "-p", str(port)]
    while subprocess.run(ready, check=False).returncode != 0:
        if server.poll() is not None:
            raise RuntimeError((owned / "log").read_text())
    return server


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # its pipe signals the end of the run
    folder = Path(tempfile.mkdtemp(prefix="etl-pg-", dir="/tmp"))
    try:
        programs, owned = make_cluster(int(sys.argv[1]), folder)
        port = free_port()
        server = serve(programs, owned, port)
        say(f"{folder} {port}")
        for command in sys.stdin:
            server.send_signal(signal.SIGINT)
            server.wait()
            if command == "restart\n":
                server = serve(programs, owned, port)
            say(command.strip())
        server.send_signal(signal.SIGQUIT)
        server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def say(line: str) -> None:
    """Answer the test run."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
