"""Before and after: the divider, regions, and what is drawn where."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.contract.geometry import Size
from studio.contract.upscaling import Region
from studio.ui.images import to_pixels
from studio.ui.upscale.compare_view import VIEW_MODES, CompareView
from studio.ui.upscale.layers import Layers
from studio.ui.upscale.sheet import Sheet, image_of
from tests.app.conftest import application
from tests.pictures.test_colours import grey_profile

__all__ = ["application"]

RED, BLUE, GREEN = (200, 0, 0), (0, 0, 200), (0, 160, 0)
GIVEN, MADE = Size(60, 40), Size(240, 160)


def sheet(size: Size, colour: tuple[int, ...]) -> Sheet:
    pixels = np.full((size.height, size.width, len(colour)), colour, np.uint8)
    return Sheet(image_of(pixels))


@pytest.fixture
def view(application: QApplication) -> Iterator[CompareView]:
    made = CompareView()
    made.resize(640, 480)
    made.show()
    made.set_layers(
        Layers(
            given=GIVEN,
            made=MADE,
            before=sheet(GIVEN, RED),
            after=sheet(MADE, BLUE),
            finished=True,
        )
    )
    yield made
    made.close()


def shown(view: CompareView) -> np.ndarray:
    return to_pixels(view.grab().toImage())


def test_greys_are_shown_as_their_profile_means_them() -> None:
    pixels = np.full((2, 3, 4), (128, 128, 128, 255), np.uint8)
    assert image_of(pixels, grey_profile(1.0)).pixelColor(1, 1).red() == 188
    assert image_of(pixels).pixelColor(1, 1).red() == 128


def colour_at(view: CompareView, x: float, y: float) -> tuple[int, ...]:
    """The colour at a share of the (first) page, away from lines and labels."""
    page = view._view.page_rect()
    place = page.topLeft().x() + x * page.width(), page.topLeft().y() + y * page.height()
    return tuple(int(v) for v in shown(view)[int(place[1]), int(place[0])])


def place(view: CompareView, x: float, y: float) -> QPoint:
    page = view._view.page_rect()
    return QPoint(round(page.left() + x * page.width()), round(page.top() + y * page.height()))


def drag(view: CompareView, start: QPoint, end: QPoint) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(view, start)
    QTest.mousePress(view, left, none, start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, left, none, end)


def test_before_is_left_of_the_divider_and_after_right_of_it(view: CompareView) -> None:
    assert colour_at(view, 0.25, 0.7) == RED
    assert colour_at(view, 0.75, 0.7) == BLUE
    view.set_split(0.9)
    assert colour_at(view, 0.75, 0.7) == RED


def test_the_divider_is_dragged_and_a_double_click_brings_it_back(view: CompareView) -> None:
    heard: list[float] = []
    view.splitChanged.connect(heard.append)
    drag(view, place(view, 0.5, 0.3), place(view, 0.2, 0.3))
    assert view.split == pytest.approx(0.2, abs=0.01)
    assert heard[-1] == view.split
    QTest.mouseDClick(
        view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(view, 0.2, 0.3)
    )
    assert view.split == 0.5


def test_the_keys_move_the_divider(view: CompareView) -> None:
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.split == pytest.approx(0.51)
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.split == pytest.approx(0.41)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.split == 0
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.split == 1
    assert "100 %" in view.accessibleDescription()


def test_elsewhere_a_drag_moves_the_picture(view: CompareView) -> None:
    before = view._view.origin
    drag(view, place(view, 0.2, 0.3), place(view, 0.3, 0.4))
    assert view._view.origin != before
    assert view.split == 0.5


@pytest.mark.parametrize("mode", VIEW_MODES)
def test_every_mode_shows_what_it_says(view: CompareView, mode: str) -> None:
    view.set_mode(mode)
    colours = {tuple(pixel) for pixel in shown(view)[240]}
    assert (RED in colours) is (mode != "after")
    assert (BLUE in colours) is (mode != "before")
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert (BLUE in {tuple(pixel) for pixel in shown(view)[240]}) is (mode == "beside")
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert {tuple(pixel) for pixel in shown(view)[240]} == colours


def test_side_by_side_shows_the_same_place_twice(view: CompareView) -> None:
    view.set_mode("beside")
    view.zoomTo(400)
    left, right = view._panes()
    assert left.size() == right.size()
    view.layers.before = striped(GIVEN)
    view.layers.after = striped(MADE)
    view.refresh()
    pixels = shown(view).astype(int)
    shift = round(right.left() - left.left())
    width = round(left.width())
    one, other = pixels[100:380, :width], pixels[100:380, shift : shift + width]
    assert one[:, 100:200].std() > 40
    assert np.abs(one - other).mean() < 12


def striped(size: Size) -> Sheet:
    """Three dark and three light columns, whatever the size."""
    column = (np.arange(size.width) * 6 // size.width % 2 * 255).astype(np.uint8)
    pixels = np.broadcast_to(column[None, :, None], (size.height, size.width, 3))
    return Sheet(image_of(pixels))


def test_a_region_is_drawn_in_pixels_of_the_given_picture(view: CompareView) -> None:
    chosen: list[Region] = []
    choosing: list[bool] = []
    view.regionChosen.connect(chosen.append)
    view.choosingChanged.connect(choosing.append)
    view.choose_region(True)
    drag(view, place(view, 0.75, 0.75), place(view, 0.25, 0.5))
    assert chosen == [Region(left=15, top=20, width=30, height=10)]
    assert choosing == [True, False]
    view.choose_region(True)
    drag(view, place(view, 0.9, 0.9), QPoint(639, 479))
    assert (chosen[-1].left + chosen[-1].width, chosen[-1].top + chosen[-1].height) == (60, 40)
    view.choose_region(True)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.choosing


def test_the_middle_is_the_middle_of_what_is_seen(view: CompareView) -> None:
    assert view.middle_region(20) == Region(left=20, top=10, width=20, height=20)
    assert view.middle_region(1000) == Region(left=0, top=0, width=60, height=40)
    drag(view, place(view, 0.1, 0.9), place(view, 0.1, 0.9) + QPoint(5000, 5000))
    region = view.middle_region(20)
    assert (region.left, region.top) == (0, 0)


@pytest.mark.parametrize("mode", ["slider", "beside"])
def test_a_region_too_small_to_judge_is_looked_at_in_its_actual_size(
    view: CompareView, mode: str
) -> None:
    view.set_mode(mode)
    large = Layers(given=Size(6000, 4000), made=Size(24000, 16000))
    view.set_layers(large)
    region = Region(left=100, top=200, width=50, height=40)
    view.look_at(region)
    assert view.zoom() == pytest.approx(100)
    looked = view.middle_region(50)
    assert abs(looked.left - 100) <= 2
    assert abs(looked.top + looked.height / 2 - 220) <= 2
    before = view._view.origin
    view.look_at(region)
    assert view._view.origin == before


def test_tiles_cover_the_picture_as_it_was_and_nothing_else(view: CompareView) -> None:
    layers = Layers(given=GIVEN, made=MADE, before=sheet(GIVEN, RED), after=Sheet.blank(MADE))
    view.set_layers(layers)
    shown(view)  # the copy in use must follow
    tile = QRectF(120, 0, 120, 80)
    layers.after.paste(sheet(Size(60, 40), BLUE).image, tile, MADE)
    layers.tiles.append(tile)
    view.refresh(tile)
    assert colour_at(view, 0.75, 0.25) == BLUE
    assert colour_at(view, 0.25, 0.25) == RED
    assert colour_at(view, 0.75, 0.75) == RED
    assert not view.shows_divider


def test_what_is_clear_in_a_tile_shows_the_checkerboard_and_not_the_picture_before(
    view: CompareView,
) -> None:
    layers = Layers(given=GIVEN, made=MADE, before=sheet(GIVEN, RED), after=Sheet.blank(MADE))
    tile = QRectF(0, 0, 240, 160)
    layers.after.paste(sheet(MADE, (0, 0, 0, 0)).image, tile, MADE)
    layers.tiles.append(tile)
    view.set_layers(layers)
    red, green, blue = colour_at(view, 0.5, 0.5)
    assert abs(red - green) < 12
    assert abs(green - blue) < 12


def test_a_previewed_region_lies_in_its_place(view: CompareView) -> None:
    layers = Layers(given=GIVEN, made=MADE, before=sheet(GIVEN, RED))
    layers.region = Region(left=30, top=0, width=30, height=20)
    layers.part = sheet(Size(120, 80), GREEN)
    view.set_layers(layers)
    assert view.shows_divider
    assert colour_at(view, 0.7, 0.25) == GREEN
    assert colour_at(view, 0.7, 0.75) == RED
    view.set_split(0.8)
    assert colour_at(view, 0.7, 0.25) == RED


def test_an_empty_view_says_what_belongs_there(view: CompareView) -> None:
    view.empty_text = "Drop photos here."
    view.set_layers(None)
    assert view.accessibleDescription() == "Drop photos here."
    drag(view, QPoint(100, 100), QPoint(200, 200))
    assert view.middle_region(20) is None
    assert len(np.unique(shown(view))) > 2
