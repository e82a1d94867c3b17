"""A process that opens the window, lets it paint, and prints what a person would have felt.

Arguments: the moment the command was given (time.monotonic), a folder for settings, a model, and
how many pictures to paint. Prints one line of JSON.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

BEAT_MS = 16


def main(began: float, home: Path, model: str, count: int) -> None:
    """Open, paint, report, close."""
    # What `latent-studio` does before it opens the window costs time as well.
    from studio.cli import parser, share_processors
    from studio.commands.window import check_display

    parser().parse_args([])
    share_processors()
    check_display()

    import asyncio

    from PySide6.QtCore import QEvent, QObject, Qt, QTimer
    from PySide6.QtWidgets import QApplication, QWidget
    from qasync import QEventLoop

    from studio.app.places import Places
    from studio.contract.events import Cancelled, Failed, Finished, Started
    from studio.ui.start import Studio

    class Painted(QObject):
        """``once`` is set when the widget is on the display and nothing else waits to be done.

        Events are not processed by hand: a task of asyncio that falls due in there can't begin.
        """

        def __init__(self, widget: QWidget) -> None:
            super().__init__()
            self.once = asyncio.Event()
            widget.installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                watched.removeEventFilter(self)
                QTimer.singleShot(0, self, self.once.set)
            return False

    async def sitting(app: QApplication) -> dict[str, object]:
        studio = Studio(app, Places.inside(home).made())
        studio.settings.set("model", model)
        studio.settings.set("count", count)
        painted = Painted(studio.window.canvas)
        studio.open()
        await painted.once.wait()
        report: dict[str, object] = {"usable": time.monotonic() - began}

        ready, over = asyncio.Event(), asyncio.Event()
        studio.jobs.ready.connect(lambda _: ready.set())
        studio.jobs.refused.connect(lambda failed: report.update(failed=failed.sentence))
        studio.jobs.refused.connect(lambda _: ready.set())
        await ready.wait()

        beats: list[float] = []
        heart = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MS)
        heart.timeout.connect(lambda: beats.append(time.perf_counter()))

        def happened(_job: object, event: object) -> None:
            if isinstance(event, Started):
                heart.start()
            elif isinstance(event, Finished | Cancelled | Failed):
                heart.stop()
                if isinstance(event, Failed):
                    report["failed"] = event.sentence
                over.set()

        studio.jobs.happened.connect(happened)
        if "failed" not in report:
            studio.session.generate()
            await over.wait()
        report["gaps"] = [1000 * (b - a) for a, b in pairwise(beats)]
        await studio.close()
        return report

    app = QApplication(["latent-studio"])
    app.setQuitOnLastWindowClosed(False)
    with QEventLoop(app) as loop:
        asyncio.set_event_loop(loop)
        print(json.dumps(loop.run_until_complete(sitting(app))))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
