"""Fetches Delta Lake's jars: with Maven where it is installed, else with the Ivy that comes with pyspark."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.warehouse.requirements import jar_folder, jar_paths, jars, java

PATIENCE = 300
"""Seconds that one jar may take."""


class NotFetched(Exception):
    """A jar could not be fetched."""


def absent_jars() -> list[Path]:
    """Return the jars that are not there yet."""
    return [path for path in jar_paths() if not path.is_file()]


def fetch_jars() -> None:
    """Fetch the jars that are not there yet. Each appears under its name only when it is whole.

    Raises:
        NotFetched: There is neither Maven nor pyspark's Ivy, or the registry could not be reached.
    """
    jar_folder().mkdir(parents=True, exist_ok=True)
    for coordinates, path in zip(jars(), jar_paths(), strict=True):
        if not path.is_file():
            fetch(coordinates, path)


def fetch(coordinates: str, path: Path) -> None:
    """Fetch one jar into a folder that exists.

    Raises:
        NotFetched: There is neither Maven nor pyspark's Ivy, or the registry could not be reached.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        command = _maven(coordinates, folder) or _ivy(coordinates, folder)
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotFetched(f"{coordinates} did not arrive within {PATIENCE} seconds") from None
        copied = Path(folder) / path.name
        if done.returncode or not copied.is_file():
            raise NotFetched(f"{coordinates} could not be fetched:\n{done.stdout}{done.stderr}")
        copied.replace(path)


def _maven(coordinates: str, folder: str) -> list[str]:
    maven = shutil.which("mvn")
    if maven is None:
        return []
    return [maven, "-q", "-B", "dependency:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"]


def _ivy(coordinates: str, folder: str) -> list[str]:
    spark, program = importlib.util.find_spec("pyspark"), java()
    if spark is None or spark.origin is None or program is None:
        raise NotFetched("Java and pyspark are needed to fetch the jars, or Maven")
    organisation, name, version = map(quoteattr, coordinates.split(":"))
    wanted = Path(folder) / "ivy.xml"
    wanted.write_text(
        '<ivy-module version="2.0"><info organisation="local" module="warehouse"/><dependencies>'
        f'<dependency org={organisation} name={name} rev={version} conf="default-&gt;master" transitive="false"/>'
        "</dependencies></ivy-module>",
        "utf-8",
    )
    (ivy,) = (Path(spark.origin).parent / "jars").glob("ivy-*.jar")
    where = ["-cache", str(Path(folder) / "cache"), "-ivy", str(wanted)]
    return [program, "-jar", str(ivy), *where, "-retrieve", f"{folder}/[artifact]-[revision].[ext]"]
