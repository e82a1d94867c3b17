"""Paint panel, state and keys agree; materials are found by name and number."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)

from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY, MATERIALS
from studio.contract.places import RESOURCES
from studio.document import label_map
from studio.document.brushes import BRUSHES
from studio.document.document import Document
from studio.document.presets import PRESETS
from studio.ui.paint_actions import paint_actions
from studio.ui.paint_state import PaintState
from studio.ui.panels.paint import PaintPanel
from studio.ui.panels.swatches import ORDER

SKY, SNOW = BY_KEY["sky"].id, BY_KEY["snow"].id


@pytest.fixture
def panel(application):
    made = PaintPanel(PaintState(), Document(label_map.blank(Size(32, 32), SKY)))
    column = QScrollArea()
    column.setWidgetResizable(True)
    column.setWidget(made)
    column.resize(300, 640)
    column.show()
    QTest.qWaitForWindowExposed(column)
    yield made
    column.close()
    column.deleteLater()
    application.sendPostedEvents(column, QEvent.Type.DeferredDelete)


def test_every_material_has_a_swatch_with_a_sample():
    assert sorted(ORDER) == sorted(material.key for material in MATERIALS)
    for key in ORDER:
        assert (RESOURCES / "materials" / f"{key}.png").is_file()
    for row in BRUSHES:
        assert (RESOURCES / "icons" / f"tool-{row.key}.svg").is_file()


def test_a_swatch_chooses_and_shows_the_material(panel):
    QTest.mouseClick(panel.swatches.swatches[SNOW], Qt.MouseButton.LeftButton)
    assert panel._state.material == SNOW
    panel._state.set_material(SKY)
    assert panel.swatches.swatches[SKY].isChecked()
    assert panel.pair.name.text() == "Sky"
    panel._state.swap_materials()
    assert panel._state.material == SNOW


@pytest.mark.parametrize("words", ["snow", "TUYẾT", "tuyet", " sno"])
def test_search_finds_in_both_languages_and_enter_takes_the_first(panel, words):
    panel.search.setText(words)
    faded = {key for key in ORDER if panel.swatches.swatches[BY_KEY[key].id]._faded}
    assert "snow" not in faded
    assert len(faded) > 15
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel._state.material == SNOW
    assert panel.search.text() == ""
    assert not any(swatch._faded for swatch in panel.swatches.swatches.values())


def test_a_search_without_result_says_so_and_enter_changes_nothing(panel):
    before = panel._state.material
    QTest.keyClicks(panel.search, "lava")
    assert "lava" in panel._none.text()
    assert panel._none.isVisible()
    QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel._state.material == before


@pytest.mark.parametrize("row", BRUSHES, ids=lambda row: row.key)
def test_tools_follow_clicks_and_state(panel, row):
    QTest.mouseClick(panel.tools.buttons[row.key], Qt.MouseButton.LeftButton)
    assert panel._state.tool == row.key
    assert panel.brush.isEnabled() == row.sized
    assert panel.hint.text() == row.hint
    other = "fill" if row.key == "brush" else "brush"
    panel._state.set_tool(other)
    assert panel.tools.buttons[other].isChecked()


def test_brush_size_goes_both_ways(panel):
    panel.brush.number.setValue(77)
    assert panel._state.brush_size == 77
    panel._state.step_brush(1)
    assert panel.brush.value() == panel._state.brush_size > 77


def test_examples_replace_the_map_and_can_be_undone(panel):
    panel._state.set_map_opacity(0)
    panel._fill_examples()
    actions = panel._example_menu.actions()
    assert [action.text() for action in actions] == [row.name for row in PRESETS]
    assert all(not action.icon().isNull() for action in actions)
    actions[1].trigger()
    assert panel._document.labels.tobytes() == PRESETS[1].labels().tobytes()
    assert panel._state.map_opacity == 1
    panel._document.undo()
    assert panel._document.size == Size(32, 32)


def test_replace_and_clear(panel):
    panel._state.set_material(SKY)
    panel._state.set_material(SNOW)
    panel.pair.replace.click()
    assert (panel._document.labels == SNOW).all()
    assert "sky" in panel.pair.replace.accessibleName()
    panel._clear()
    assert panel._document.is_blank


def test_files_are_asked_for(panel):
    heard = []
    panel.open_wanted.connect(lambda: heard.append("open"))
    panel.save_map_wanted.connect(lambda: heard.append("save"))
    panel.import_wanted.connect(heard.append)
    for button in panel.findChildren(QAbstractButton):
        if button.accessibleName().startswith(("Open", "Save")):
            button.click()
        if button.accessibleName().startswith("Import"):
            for action in button.menu().actions():
                action.trigger()
    assert sorted(heard) == sorted(["open", "save", "gaugan", "ade20k", "photograph"])


def test_every_control_has_a_name_a_tooltip_and_room_for_a_finger(panel):
    controls = [
        child
        for kind in (QAbstractButton, QAbstractSlider, QLineEdit)
        for child in panel.findChildren(kind)
        if not child.objectName().startswith("qt_")
        and not isinstance(child.parent(), QLineEdit)
        and not isinstance(child, QScrollBar)
    ]
    assert len(controls) > 30
    for control in controls:
        assert control.accessibleName(), control
        assert control.toolTip(), control.accessibleName()
        if isinstance(control, QAbstractButton):
            assert min(control.width(), control.height()) >= 28, control.accessibleName()


def test_keys_take_tools_sizes_and_materials(application):
    state, window = PaintState(), QWidget()
    actions = {action.shortcut().toString(): action for action in paint_actions(state, window)}
    assert len(actions) == len(window.actions()) == len(BRUSHES) + 3 + 10
    for row in BRUSHES:
        actions[row.shortcut].trigger()
        assert state.tool == row.key
    for place, key in enumerate(ORDER[:10]):
        actions[str((place + 1) % 10)].trigger()
        assert state.material == BY_KEY[key].id
    actions["X"].trigger()
    assert state.material == BY_KEY[ORDER[8]].id
    size = state.brush_size
    actions["]"].trigger()
    assert state.brush_size > size
    actions["["].trigger()
    assert state.brush_size < size * 1.2
    window.deleteLater()


def test_letters_and_digits_reach_the_search_field(panel):
    window = panel.window()
    paint_actions(panel._state, window)
    window.activateWindow()
    panel.search.setFocus()
    tool, material = panel._state.tool, panel._state.material
    QTest.keyClicks(panel.search, "g5")
    assert panel.search.text() == "g5"
    assert (panel._state.tool, panel._state.material) == (tool, material)
    QTest.keyClick(panel.tools, "g")
    assert panel._state.tool == "fill"


def test_state_reports_real_changes_only():
    state = PaintState()
    heard = []
    state.material_changed.connect(heard.append)
    state.set_material(state.material)
    state.set_material(200)
    assert heard == []
    with pytest.raises(KeyError):
        state.set_tool("airbrush")
