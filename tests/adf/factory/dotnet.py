"""The .NET that Microsoft's framework evaluates expressions with: the machine's own, else one from PyPI's wheels."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.warehouse.jars import PATIENCE, NotFetched
from tests.warehouse.requirements import FETCH, jar_folder

VERSION = "3.1.23"
RUNTIME = f"dotnetcore2=={VERSION}"
OPENSSL = "mysql-connector-python==8.0.33"
"""A wheel that brings OpenSSL 1.1, the last one that .NET Core 3.1 can use. Nothing else of it is taken."""
LIBRARIES = ("libcrypto.so.1.1", "libssl.so.1.1")
FIRST = 5
"""The major version from which on the framework runs on .NET as it is."""


def missing() -> str | None:
    """Say in one line what the framework lacks and how to get it; None when it can evaluate."""
    if not _has_framework():
        return "Data Factory's pipelines need data-factory-testing-framework: pip install '.[dev]'"
    if _is_there():
        return None
    if _can_fetch():
        return f"Data Factory's expressions need .NET 6 or later, or the one that is kept in {_folder()}: {FETCH}"
    return "Data Factory's expressions need .NET 6 or later: install its runtime, or set DOTNET_ROOT"


def is_absent() -> bool:
    """Return whether the framework lacks a .NET that can be fetched for this machine."""
    return _has_framework() and _can_fetch() and not _is_there()


def _has_framework() -> bool:
    return importlib.util.find_spec("data_factory_testing_framework") is not None


def _can_fetch() -> bool:
    return (sys.platform, platform.machine()) == ("linux", "x86_64")


def _is_there() -> bool:
    return _folder().is_dir() or has_its_own()


def has_its_own() -> bool:
    """Whether the machine has a .NET that will do."""
    from clr_loader import find_runtimes

    try:
        return any(
            found.name == "Microsoft.NETCore.App" and found.version_info[0] >= FIRST for found in find_runtimes()
        )
    except (RuntimeError, OSError):
        return False


def load() -> None:
    """Load .NET into this process, before the framework asks for it."""
    if has_its_own():
        return
    import pythonnet
    from clr_loader import DotnetCoreRuntimeSpec, get_coreclr

    root = _folder()
    system = root / "shared" / "Microsoft.NETCore.App" / VERSION
    os.environ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"  # it knows no ICU of today
    for library in LIBRARIES:
        ctypes.CDLL(str(root / library))  # .NET asks for it by this name, and finds it loaded
    spec = DotnetCoreRuntimeSpec("Microsoft.NETCore.App", VERSION, system)
    pythonnet.load(get_coreclr(dotnet_root=root, runtime_spec=spec))
    _be_content_with(system)


def _be_content_with(system: Path) -> None:
    """The framework's assemblies were built for .NET 5 and ask for its versions: give them this one's."""
    import clr  # noqa: F401
    from System import AppDomain, ResolveEventHandler
    from System.Reflection import Assembly, AssemblyName

    def resolve(sender: object, wanted: object) -> object:
        name = AssemblyName(wanted.Name).Name
        loaded = [each for each in AppDomain.CurrentDomain.GetAssemblies() if each.GetName().Name == name]
        if loaded:
            return loaded[0]
        file = system / f"{name}.dll"
        return Assembly.LoadFrom(str(file)) if file.is_file() else None

    AppDomain.CurrentDomain.AssemblyResolve += ResolveEventHandler(resolve)


def _folder() -> Path:
    return jar_folder() / f"dotnet-{VERSION}"


def fetch_dotnet() -> None:
    """Fetch the runtime and OpenSSL. The folder appears under its name only when it is whole.

    Raises:
        NotFetched: pip could not fetch one.
    """
    jar_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jar_folder()) as folder:
        whole = Path(folder) / "whole"
        for wanted, inside in ((RUNTIME, "dotnetcore2/bin/"), (OPENSSL, "mysql/vendor/private/")):
            with zipfile.ZipFile(_wheel(wanted, Path(folder))) as wheel:
                for name in wheel.namelist():
                    place = name.removeprefix(inside)
                    if place != name and not name.endswith("/") and (inside[0] == "d" or place in LIBRARIES):
                        (whole / place).parent.mkdir(parents=True, exist_ok=True)
                        (whole / place).write_bytes(wheel.read(name))
        try:
            whole.rename(_folder())
        except OSError:
            if not _folder().is_dir():  # else another process of the tests was first
                raise


def _wheel(wanted: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    kind = ["--only-binary", ":all:", "--platform", "manylinux1_x86_64", "--python-version", "3.11"]
    try:
        done = subprocess.run([*pip, *kind, wanted], check=False, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise NotFetched(f"{wanted} did not arrive within {PATIENCE} seconds") from None
    name = wanted.partition("==")[0].replace("-", "_")
    found = list(folder.glob(f"{name}-*.whl"))
    if done.returncode or not found:
        raise NotFetched(f"{wanted} could not be fetched:\n{done.stdout}{done.stderr}")
    return found[0]
