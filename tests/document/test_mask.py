"""The source picture and its mask: painted, undone, carried by requests, brought back by them."""

import numpy as np

from studio.contract.geometry import Size
from studio.contract.request import Box, GenerateRequest
from studio.document.document import Change, Document
from studio.document.formats.opened import Opened
from studio.document.mask import REPAINT, labels_of
from studio.document.painting import Dab, paint_segment

SOURCE = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)


def stroke(document: Document, x: float, y: float) -> None:
    mask = document.mask
    mask.begin()
    mask.touch(paint_segment(mask.labels, Dab(x, y, 8), Dab(x + 9, y, 8), REPAINT))
    mask.commit()


def test_a_mask_has_its_sources_size_and_is_undone_stroke_by_stroke() -> None:
    document = Document()
    document.set_source(SOURCE)
    assert document.mask.size == Size(60, 40)
    assert document.mask.pixels is None
    stroke(document, 10, 10)
    first = document.mask.labels.copy()
    stroke(document, 30, 20)
    document.undo()
    assert np.array_equal(document.mask.labels, first)
    document.undo()
    assert document.mask.is_blank
    document.undo()
    assert document.source is None
    for _ in range(3):
        assert document.redo()
    assert np.array_equal(document.source, SOURCE)
    pixels = document.mask.pixels
    assert pixels is not None
    assert set(np.unique(pixels)) == {0, 255}
    assert pixels[20, 34] == 255


def test_strokes_on_map_and_mask_are_undone_in_their_order() -> None:
    document = Document()
    document.set_source(SOURCE)
    stroke(document, 10, 10)
    document.paint(lambda labels: paint_segment(labels, Dab(5, 5, 4), Dab(9, 5, 4), 156))
    assert not document.is_blank
    document.undo()
    assert document.is_blank
    assert not document.mask.is_blank
    document.undo()
    assert document.mask.is_blank


def test_inverting_and_clearing_are_one_edit_each() -> None:
    document = Document()
    document.set_source(SOURCE)
    stroke(document, 10, 10)
    before = document.mask.labels.copy()
    document.mask.invert()
    assert ((document.mask.labels == REPAINT) != (before == REPAINT)).all()
    document.mask.clear()
    assert document.mask.is_blank
    document.undo()
    document.undo()
    assert np.array_equal(document.mask.labels, before)


def test_another_source_begins_without_a_mask_and_a_stroke_can_be_abandoned() -> None:
    document = Document()
    document.set_source(SOURCE)
    stroke(document, 10, 10)
    document.set_source(SOURCE[:20])
    assert document.mask.is_blank
    assert document.mask.size == Size(60, 20)
    document.mask.begin()
    document.mask.touch(paint_segment(document.mask.labels, Dab(5, 5, 4), Dab(9, 5, 4), REPAINT))
    document.mask.abandon()
    assert document.mask.is_blank
    document.undo()
    assert not document.mask.is_blank


def test_a_result_leaves_source_and_mask_and_a_restored_one_brings_its_own() -> None:
    document = Document()
    document.set_source(SOURCE)
    stroke(document, 10, 10)
    request = GenerateRequest(source=document.source, mask=document.mask.pixels)
    painted = document.mask.labels.copy()
    document.set_result(SOURCE, request)
    assert np.array_equal(document.mask.labels, painted)
    document.set_source(None)
    document.take(Opened(format="picture", picture=SOURCE, request=request))
    assert np.array_equal(document.source, SOURCE)
    assert np.array_equal(document.mask.labels, painted)
    document.take(Opened(format="picture", picture=SOURCE, request=GenerateRequest()))
    assert document.source is None
    document.undo()
    assert np.array_equal(document.mask.labels, painted)


def test_grey_masks_are_split_in_the_middle() -> None:
    grey = np.array([[0, 127, 128, 255]], np.uint8)
    assert (labels_of(grey, Size(4, 1)) == REPAINT).tolist() == [[False, False, True, True]]


def test_depth_and_boxes_are_edits_like_the_source() -> None:
    document = Document()
    box = Box(label=3, left=0, top=0, right=0.5, bottom=1)
    changes: list[Change] = []
    document.listen(changes.append)
    document.set_depth(SOURCE[..., 0])
    document.set_boxes((box,))
    document.set_boxes((box,))
    assert [(change.depth, change.boxes) for change in changes] == [(True, False), (False, True)]
    document.undo()
    assert document.boxes == ()
    document.undo()
    assert document.depth is None
    document.redo()
    document.redo()
    assert document.boxes == (box,)
    assert np.array_equal(document.depth, SOURCE[..., 0])
    document.take(Opened(format="picture", picture=None, request=GenerateRequest()))
    assert (document.depth, document.boxes) == (None, ())
    document.take(
        Opened(
            format="picture",
            picture=None,
            request=GenerateRequest(depth=SOURCE[..., 1], boxes=(box,)),
        )
    )
    assert np.array_equal(document.depth, SOURCE[..., 1])
    assert document.boxes == (box,)
