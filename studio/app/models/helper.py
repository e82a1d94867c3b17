"""A helper program of the window, spoken to in lines of JSON; Qt's event loop does the waiting."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

import studio


class Helper(QObject):
    """Runs ``module`` in a process of its own.

    ``answered(object)`` carries each answer; ``ended(bool)`` follows its end, True when it went
    well. A helper is used once.
    """

    answered = Signal(object)
    ended = Signal(bool)

    def __init__(self, module: str, parent: QObject) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._rest = b""
        self._stopped = False
        environment = QProcessEnvironment.systemEnvironment()
        home = str(Path(studio.__file__).resolve().parent.parent)
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment.insert("PYTHONPATH", os.pathsep.join(paths))
        environment.insert("OMP_WAIT_POLICY", "PASSIVE")
        self._process.setProcessEnvironment(environment)
        self._process.setProgram(sys.executable)
        self._process.setArguments(["-m", module])
        self._process.setStandardErrorFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)

    def start(self, *asked: dict[str, Any], close: bool = False) -> None:
        """Begin, with these orders; ``close`` says that no more will come."""
        self._process.start()
        for order in asked:
            self._process.write(json.dumps(order).encode() + b"\n")
        if close:
            self._process.closeWriteChannel()

    def stop(self) -> None:
        """End it now; nothing is heard of it any more."""
        self._stopped = True
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(2000)

    def _read(self) -> None:
        lines = (self._rest + self._process.readAllStandardOutput().data()).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if not self._stopped:
                self.answered.emit(json.loads(line))

    def _finished(self, code: int) -> None:
        if not self._stopped:
            self._read()
            self.ended.emit(code == 0)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and not self._stopped:
            self.ended.emit(False)
