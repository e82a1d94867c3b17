"""A panel taller than its window: the wheel scrolls it, what is opened comes into sight."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from studio.ui.fold import Fold
from studio.ui.wheel import ComboBox, DoubleSpinBox, Slider, SpinBox


def combo() -> ComboBox:
    made = ComboBox()
    made.addItems([str(number) for number in range(9)])
    made.setCurrentIndex(4)
    return made


def number(kind: type) -> QWidget:
    made = kind()
    made.setValue(4)
    return made


def slider() -> Slider:
    made = Slider(Qt.Orientation.Horizontal)
    made.setRange(0, 8)
    made.setValue(4)
    return made


MAKERS = {
    "combo": combo,
    "whole": lambda: number(SpinBox),
    "number": lambda: number(DoubleSpinBox),
    "slider": slider,
}


def value(control: QWidget) -> float:
    return control.currentIndex() if isinstance(control, ComboBox) else control.value()


@pytest.fixture
def area(application: QApplication) -> Iterator[QScrollArea]:
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.resize(240, 200)
    yield made
    made.close()
    made.deleteLater()
    application.sendPostedEvents(made, QEvent.Type.DeferredDelete)


def fill(area: QScrollArea, height: int, *widgets: QWidget) -> None:
    inner = QWidget()
    layout = QVBoxLayout(inner)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    if height:
        inner.setMinimumHeight(height)
    area.setWidget(inner)
    area.show()
    QTest.qWaitForWindowExposed(area)


def turn(control: QWidget) -> bool:
    """Whether the control took the turn of the wheel; what it leaves goes to its parents."""
    spot = QPointF(control.rect().center())
    event = QWheelEvent(
        spot,
        control.mapToGlobal(spot),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(control, event)
    return event.isAccepted()


@pytest.mark.parametrize("kind", MAKERS)
def test_the_wheel_scrolls_the_panel_and_leaves_the_control(area: QScrollArea, kind: str) -> None:
    control, first = MAKERS[kind](), combo()
    fill(area, 600, first, control)
    first.setFocus()
    assert not turn(control)
    assert value(control) == 4
    assert not control.hasFocus()
    control.setFocus()
    assert turn(control)
    assert value(control) != 4


@pytest.mark.parametrize("kind", MAKERS)
def test_where_nothing_scrolls_the_wheel_is_the_control_s(area: QScrollArea, kind: str) -> None:
    control, first = MAKERS[kind](), combo()
    fill(area, 50, first, control)
    first.setFocus()
    assert turn(control)
    assert value(control) != 4


def test_what_is_opened_comes_into_sight(area: QScrollArea) -> None:
    body, above = QWidget(), QWidget()
    body.setFixedHeight(120)
    above.setFixedHeight(170)
    fold = Fold("More", body)
    fill(area, 0, above, fold)
    fold.set_open(True)
    QTest.qWait(20)
    top = body.mapTo(area.viewport(), QPoint(0, 0)).y()
    assert top >= 0
    assert top + body.height() <= area.viewport().height()
