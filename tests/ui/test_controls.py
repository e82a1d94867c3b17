"""Every control of the window, every row of its tables."""

import re

import pytest
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from studio.app.orders import EngineReady
from studio.app.setting_rows import SETTINGS
from studio.app.settings import Settings
from studio.contract.materials import MATERIALS
from studio.contract.places import RESOURCES
from studio.ui.actions import ACTIONS, MENUS
from studio.ui.material_names import NAMES
from studio.ui.number_slider import NumberSlider
from studio.ui.panels.size import SHAPES, SIDES, SizeControls, preset, shape_of
from studio.ui.panels.table import PANELS
from studio.ui.preferences import Preferences
from studio.ui.shortcuts_sheet import ShortcutsSheet
from studio.ui.start import Studio
from studio.ui.theme import DARK, LIGHT, Theme

RECIPES = ("paint", "prompt")
"""The panels that make a picture by a recipe."""

CONTROLS = (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)


def controls(root: QWidget) -> list[QWidget]:
    """What can be pressed, moved or typed into, without the parts Qt builds inside its own."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and not isinstance(widget, QScrollBar)
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parent(), QLineEdit | QComboBox | QAbstractSpinBox)
    ]


def test_every_control_says_its_name_and_what_it_does(studio: Studio) -> None:
    roots = [studio.window, Preferences(studio.settings, studio.window)]
    roots.append(ShortcutsSheet(studio.window))
    found = [widget for root in roots for widget in controls(root)]
    assert len(found) > 60
    silent = [
        f"{type(widget).__name__} {widget.objectName() or widget.toolTip()} in {widget.parent()}"
        for widget in found
        if not (widget.accessibleName() or getattr(widget, "text", str)()) or not widget.toolTip()
    ]
    assert not silent


def test_every_material_is_marked_for_translation() -> None:
    assert set(NAMES) == {material.name for material in MATERIALS}


def test_hit_targets_are_large_enough(studio: Studio) -> None:
    small = [
        f"{type(widget).__name__} {widget.accessibleName()} {widget.width()}x{widget.height()}"
        for widget in controls(studio.window)
        if widget.isVisible()
        and isinstance(widget, QAbstractButton)
        and min(widget.width(), widget.height()) < 28
    ]
    assert not small


def test_every_action_is_a_method_with_a_key_of_its_own(studio: Studio) -> None:
    menus = {key for key, _ in MENUS}
    keys = [QKeySequence(keys).toString() for row in ACTIONS for keys in row.shortcuts]
    assert len(keys) == len(set(keys))
    for row in ACTIONS:
        assert callable(getattr(studio.window, row.key))
        assert row.menu in menus
    in_menu = {
        action.text()
        for part in studio.window.rail.menu_button.menu().actions()
        for action in part.menu().actions()
    }
    assert in_menu == {row.shown_title for row in ACTIONS}


@pytest.mark.parametrize("row", PANELS, ids=lambda row: row.key)
def test_every_panel_opens_by_its_button_and_shows_the_model(studio: Studio, row) -> None:
    studio.window.rail._buttons[row.key].click()
    assert studio.settings["panel"] == row.key
    panel = studio.window.panels[row.key]
    assert panel.isVisible()
    panel.show_model(
        EngineReady(model="M", device="D", steps=9, guidance=2.5, sampler="unipc", spacing="karras")
    )
    if row.key in RECIPES:
        assert panel.recipe.steps.number.value() == 9
        assert "UniPC" in panel.recipe.sampler.currentText()
    assert studio.settings["steps"] is None


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.key)
def test_every_setting_accepts_its_default_and_refuses_nonsense(row) -> None:
    assert row.accepted(row.default) == row.default
    with pytest.raises(ValueError, match=row.key):
        row.accepted(object())
    if row.low is not None and row.high is not None:
        assert row.accepted(row.kind(row.high) + 1) == row.high
        assert row.accepted(row.kind(row.low) - 1) == row.low


def luminance(colour: str) -> float:
    parts = [getattr(QColor(colour), name)() for name in ("redF", "greenF", "blueF")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_can_be_read_on_every_surface(theme: Theme) -> None:
    for surface in ("window", "panel", "field", "raised", "hover", "selected"):
        for ink in ("text", "muted"):
            assert contrast(getattr(theme, ink), getattr(theme, surface)) >= 4.5, (ink, surface)
    for surface in ("accent", "accent_hover"):
        assert contrast(theme.accent_text, getattr(theme, surface)) >= 4.5, surface
    for ink in ("warning", "danger", "accent"):
        assert contrast(getattr(theme, ink), theme.panel) >= 4.5, ink


def test_the_stylesheet_uses_only_colours_and_icons_that_exist() -> None:
    text = (RESOURCES / "theme" / "studio.qss").read_text(encoding="utf-8")
    names = set(re.findall(r"@(\w+)", text)) - {"icons", "caption_px"}
    assert all(hasattr(DARK, name) for name in names)
    for name in re.findall(r'url\("@icons/([^"]+)"\)', text):
        for theme in (DARK, LIGHT):
            assert (RESOURCES / "icons" / name.replace("@name", theme.name)).is_file()


def test_themes_can_be_switched_while_the_window_is_open(studio: Studio, application) -> None:
    for choice, theme in (("light", LIGHT), ("dark", DARK)):
        studio.settings.set("theme", choice)
        assert application.palette().window().color().name() == theme.panel


def test_a_slider_takes_numbers_and_gives_back_its_default(application) -> None:
    row = next(row for row in SETTINGS if row.key == "steps")
    slider = NumberSlider(row)
    assert slider.number.text() == "–"  # nobody knows the model's own value yet
    heard = []
    slider.changed.connect(heard.append)
    slider.set_fallback(12)
    assert slider.number.value() == 12
    assert slider.value() is None
    slider.number.setValue(200)
    assert heard == [200]
    slider.slider.setValue(3)
    assert heard[-1] == 4
    slider.reset()
    assert heard[-1] is None
    assert slider.number.value() == 12


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("side", SIDES)
def test_size_presets_are_what_they_say(shape: str, side: int) -> None:
    size = preset(shape, side)
    assert min(size.width, size.height) == side
    assert shape_of(size) == shape
    assert size == size.fitted(8)


def test_size_controls_show_and_set_the_size(application) -> None:
    settings = Settings()
    controls = SizeControls(settings)
    controls.shape._buttons["wide"].click()
    controls.side._buttons["512"].click()
    assert (settings["width"], settings["height"]) == (1024, 512)
    settings.set("width", 640)
    assert controls.shape.value() is None
    assert controls.width_field.value() == 640


def test_typing_a_seed_keeps_it(studio: Studio) -> None:
    press = studio.window.panels["prompt"].recipe.findChildren(QLineEdit)
    field = next(line for line in press if line.accessibleName() == "Seed")
    field.clear()
    QTest.keyClicks(field, "99999999999")
    assert studio.settings["seed_locked"]
    assert studio.settings["seed"] == 2**32 - 1
