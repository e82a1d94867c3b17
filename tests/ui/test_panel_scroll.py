"""Panels that scroll: the wheel moves the panel or one control, never both by accident."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QVBoxLayout, QWidget

from studio.ui.fold import Fold
from studio.ui.panel_scroll import (
    PanelChoice,
    PanelFraction,
    PanelNumber,
    PanelScroll,
    PanelSlider,
)
from studio.ui.start import Studio

NOTCH = -120


def turn(widget: QWidget, at: int) -> bool:
    """One notch down over a widget, ``at`` milliseconds; whether the widget took it."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, NOTCH), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.setTimestamp(at)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


@pytest.fixture
def panel(application):
    made = PanelScroll()
    inner = QWidget()
    QVBoxLayout(inner)
    made.setWidget(inner)
    made.resize(200, 200)
    yield made
    made.close()
    made.deleteLater()


def put(panel: PanelScroll, *widgets: QWidget) -> None:
    for widget in widgets:
        panel.widget().layout().addWidget(widget)
    panel.show()
    QApplication.processEvents()


@pytest.mark.parametrize("kind", [PanelSlider, PanelNumber, PanelFraction])
def test_a_control_takes_the_wheel_but_not_from_a_panel_that_is_scrolling(panel, kind) -> None:
    control, tall = kind(), QLabel()
    control.setRange(0, 99)
    control.setValue(50)
    tall.setFixedHeight(900)
    put(panel, control, tall)
    assert turn(control, 10_000)
    changed = control.value()
    assert changed != 50
    turn(panel.viewport(), 20_000)
    assert panel.verticalScrollBar().value() > 0
    # It slid under the pointer: what it does not take goes to the panel.
    assert not turn(control, 20_200)
    assert control.value() == changed
    turn(control, 30_000)
    assert control.value() != changed


def test_the_wheel_chooses_nothing_from_a_list(panel) -> None:
    choice = PanelChoice()
    choice.addItems(["one", "two", "three"])
    put(panel, choice)
    assert not turn(choice, 10_000)
    assert choice.currentText() == "one"


def test_every_list_in_the_panels_leaves_the_wheel_alone(studio: Studio) -> None:
    lists = [
        found for panel in studio.window.panels.values() for found in panel.findChildren(QComboBox)
    ]
    assert lists
    assert all(isinstance(found, PanelChoice) for found in lists)


def test_a_press_anywhere_on_the_line_unfolds_and_shows_what_was_folded(panel) -> None:
    above, body = QLabel(), QLabel("inside")
    above.setFixedHeight(170)
    body.setFixedHeight(120)
    fold = Fold("Picture", body)
    fold.set_summary("256 x 256")
    put(panel, above, fold)
    line = QPoint(fold.width() - 10, fold.button.geometry().center().y())
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton, pos=line)
    QApplication.processEvents()
    assert body.isVisible()
    seen = body.mapTo(panel.viewport(), QPoint(0, body.height() - 1))
    assert panel.viewport().rect().contains(seen)
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton, pos=line)
    assert not body.isVisible()
