"""The page stays where the person put it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QSizeF

from studio.contract.geometry import Size
from studio.document.region import Region
from studio.ui.canvas.view import GAP, LARGEST_ZOOM, SMALLEST_ZOOM, View

ROOM = QSizeF(800, 600)
PAGE = Size(512, 256)


def view(page=PAGE, pages=1, room=ROOM):
    made = View()
    made.lay_out(page, pages, room)
    return made


def near(one, other, tolerance=1e-6):
    return abs(one.x() - other.x()) < tolerance and abs(one.y() - other.y()) < tolerance


@pytest.mark.parametrize("pages", [1, 2])
@pytest.mark.parametrize("page", [Size(512, 256), Size(64, 1000), Size(4096, 4096)])
def test_fit_shows_everything(page, pages):
    fitted = view(page, pages)
    first, last = fitted.page_rect(), fitted.page_rect(pages - 1)
    assert first.left() >= 0
    assert last.right() <= ROOM.width()
    assert first.top() >= 0
    assert first.bottom() <= ROOM.height()
    left, right = first.left(), ROOM.width() - last.right()
    assert abs(left - right) <= 2


@given(st.floats(50, 750), st.floats(50, 550), st.floats(0.2, 20))
def test_zooming_keeps_what_is_under_the_pointer(x, y, zoom):
    seen = view()
    pointer = QPointF(x, y)
    before = seen.to_page(pointer)
    inside = 0 <= before.x() <= 512 and 0 <= before.y() <= 256
    seen.zoom_about(pointer, zoom)
    if inside:
        assert near(seen.to_page(pointer), before, 1e-6)
    assert not seen.fitted


@given(st.floats(0, 512), st.floats(0, 256), st.integers(0, 1))
def test_there_and_back(x, y, index):
    seen = view(pages=2)
    assert near(seen.to_page(seen.to_widget(x, y, index)), QPointF(x, y))


def test_the_second_page_lies_beside_the_first():
    seen = view(pages=2)
    assert seen.page_rect(1).left() - seen.page_rect(0).right() == pytest.approx(GAP)


@given(st.lists(st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000)), max_size=6))
def test_the_page_can_not_get_lost(ways):
    seen = view()
    for x, y in ways:
        seen.pan(QPointF(x, y))
        page = seen.page_rect()
        assert page.right() > 0
        assert page.left() < ROOM.width()
        assert page.bottom() > 0
        assert page.top() < ROOM.height()


def test_zoom_has_bounds():
    seen = view()
    seen.zoom_about(QPointF(0, 0), 1e9)
    assert seen.zoom == LARGEST_ZOOM
    seen.zoom_about(QPointF(0, 0), 0)
    assert seen.zoom == SMALLEST_ZOOM


def test_a_fitted_page_follows_the_widget_and_a_zoomed_one_keeps_its_middle():
    seen = view()
    seen.lay_out(Size(512, 256), 1, QSizeF(400, 300))
    assert seen.page_rect().right() <= 400
    seen.zoom_about(QPointF(200, 150), 3)
    middle = seen.to_page(QPointF(200, 150))
    seen.lay_out(Size(512, 256), 1, QSizeF(600, 500))
    assert seen.zoom == 3
    assert near(seen.to_page(QPointF(300, 250)), middle)


def test_a_region_covers_its_pixels_on_the_screen():
    seen = view()
    seen.zoom_about(QPointF(400, 300), 7.3)
    rect = seen.region_rect(Region(10, 20, 12, 23))
    assert rect.contains(seen.to_widget(10, 20).toPoint())
    assert rect.contains(seen.to_widget(12, 23).toPoint())
    assert rect.width() < 2 * 7.3 + 40
