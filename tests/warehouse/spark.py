"""One Spark with Delta Lake in a Java process of its own: how it is started, and the settings that make it quick."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from tests.patience import PATIENT
from tests.warehouse.java_classes import JavaClasses
from tests.warehouse.requirements import jar_paths

DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
AS_ON_DATABRICKS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.default": "delta",
}
# Tables of a test hold a few rows: whatever Spark does for large ones costs more than it gives.
QUICK = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.parquet.compression.codec": "uncompressed",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.databricks.delta.merge.materializeSource": "none",
    "spark.databricks.delta.writeChecksumFile.enabled": "false",
    "spark.databricks.delta.allFilesInCrc.enabled": "true",
    "spark.databricks.delta.allFilesInCrc.thresholdNumFiles": "100000",
    "spark.databricks.delta.allFilesInCrc.thresholdIndexedCols": "100000",
    "spark.databricks.delta.allFilesInCrc.verificationMode.enabled": "false",
    "spark.databricks.delta.allFilesInCrc.verificationMode.forceOnNonUTC.enabled": "false",
    "spark.databricks.delta.incremental.commit.verify": "false",
    "spark.databricks.delta.properties.defaults.checkpointInterval": "1000",
    "spark.locality.wait": "0",
    "spark.rdd.compress": "false",
    "spark.shuffle.compress": "false",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.ui.retainedTasks": "1",
}
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=512m", "-Xss4m")


class Spark:
    """The Java process, and Spark in it."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        logging.getLogger("SQLQueryContextLogger").disabled = True  # the client gets the error; stderr need not
        options = (*JAVA_OPTIONS, f"-Dderby.system.home={folder}", f"-Djava.io.tmpdir={folder}")
        conf = SparkConf(loadDefaults=False)
        every = {
            **DELTA,
            **AS_ON_DATABRICKS,
            **QUICK,
            "spark.master": "local[2]",
            "spark.app.name": "warehouse",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "2g",
            "spark.driver.extraClassPath": ":".join(str(path) for path in jar_paths()),
            "spark.driver.extraJavaOptions": " ".join(options),
            "spark.local.dir": str(folder / "local"),
            "spark.sql.warehouse.dir": str(folder / "tables"),
            **(settings or {}),
        }
        for key, value in every.items():
            conf.set(key, value)
        self._output = (folder / "java.log").open("wb")
        self._gateway = launch_gateway(conf, {"stdout": self._output, "stderr": self._output})
        self.jvm: Any = self._gateway.jvm
        self._java = JavaClasses(self._gateway)
        with _own_interrupt():
            self.context = SparkContext(gateway=self._gateway, conf=conf, jsc=self._trusting_context(conf))
        self.context.setLogLevel("OFF")
        self.root = SparkSession(self.context)._jsparkSession
        self._sessions = self.jvm.org.apache.spark.sql.SparkSession
        self._tables = self._listed_tables()

    def _trusting_context(self, conf: SparkConf) -> Any:
        settings = self.jvm.org.apache.spark.SparkConf(False)
        for key, value in conf.getAll():
            settings.set(key, value)
        return self.jvm.JavaSparkContext(self._java.new(self._java.load("TrustingContext"), settings))

    def _listed_tables(self) -> Any:
        """What lets tables list their files from memory: Delta Lake itself lists them with a job."""
        self._java.load("ListedSnapshot")
        return self._java.new(self._java.load("ListedLogs"))

    def activate(self, session: Any) -> None:
        """Make a session this thread's own: Spark looks its settings up there."""
        self._sessions.setActiveSession(session)

    def adopt_tables(self) -> None:
        """Let new tables list their files from memory: see `java/`."""
        self._tables.adopt(self.root)

    def strings(self, values: Sequence[str]) -> Any:
        """Return a Java array of these texts."""
        return self._java.array(self.jvm.java.lang.String, values)

    @staticmethod
    def texts(sequence: Any) -> list[str]:
        """Return what is in a Scala sequence of names."""
        joined = sequence.mkString("\n")
        return joined.split("\n") if joined else []

    def stop(self) -> None:
        """End Spark and its Java process, and forget both, so that another can be started."""
        self.context.stop()
        self._gateway.shutdown()
        self._gateway.proc.stdin.close()  # the Java process ends with it
        self._gateway.proc.wait(PATIENT)
        self._output.close()
        SparkContext._gateway = SparkContext._jvm = None


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """Ctrl-C stays what it was: pyspark would have it cancel its jobs."""
    before = signal.getsignal(signal.SIGINT)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, before)
