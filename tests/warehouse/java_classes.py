"""Classes of ours in the Java process: compiled from `java/` when it starts, by the compiler that Spark brings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.warehouse.requirements import line

FOLDER = Path(__file__).with_name("java")
_MOVED = {"scala.collection.immutable.Seq": "scala.collection.Seq"} if line() == "3" else {}
"""What is elsewhere in the Scala that Spark 3 is built with."""
_PACKAGE = re.compile(r"^package ([\w.]+);", re.MULTILINE)


class JavaClasses:
    """Compiles classes and makes objects of them; a class may use those that were loaded before it.

    Args:
        gateway: The bridge to the Java process.
    """

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway
        self._loader = gateway.jvm.Thread.currentThread().getContextClassLoader()

    def load(self, name: str) -> Any:
        """Compile a class; return it."""
        source = (FOLDER / f"{name}.java").read_text("utf-8")
        for here, there in _MOVED.items():
            source = source.replace(f"import {here};", f"import {there};")
        package = _PACKAGE.search(source)
        compiler = self._gateway.jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(self._loader)
        compiler.cook(source)
        self._loader = compiler.getClassLoader()
        return self._loader.loadClass(f"{package[1]}.{name}" if package else name)

    def new(self, kind: Any, *arguments: Any) -> Any:
        """Make an object with the class's only constructor."""
        return kind.getConstructors()[0].newInstance(self.array(self._gateway.jvm.Object, arguments))

    def array(self, kind: Any, values: Any) -> Any:
        """Return a Java array of these values."""
        array = self._gateway.new_array(kind, len(values))
        for place, value in enumerate(values):
            array[place] = value
        return array
