"""Undo after redo is the identity, memory stays bounded, nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY, UNLABELLED
from studio.contract.request import GenerateRequest
from studio.document import label_map, painting
from studio.document.brushes import BRUSHES, LARGEST_BRUSH, SMALLEST_BRUSH, sized_by_pressure
from studio.document.brushes import stepped as brush_stepped
from studio.document.document import Document
from studio.document.formats import Opened, open_file
from studio.document.formats.picture import read_picture
from studio.document.history import History, Patch
from studio.document.painting import Dab
from studio.document.region import Region

SKY, WATER = BY_KEY["sky"].id, BY_KEY["water"].id
coordinate = st.floats(-10, 74)
strokes = st.lists(
    st.tuples(
        st.sampled_from(["brush", "polygon", "fill", "replace", "map", "result", "resize"]),
        coordinate,
        coordinate,
        coordinate,
        coordinate,
        st.floats(1, 40),
        st.integers(0, 255),
    ),
    max_size=14,
)


def picture(value=0, height=8, width=8):
    return np.full((height, width, 3), value, np.uint8)


def do(document, kind, x0, y0, x1, y1, size, label):
    match kind:
        case "brush":
            start, end = Dab(x0, y0, size), Dab(x1, y1, size / 2 + 1)
            document.paint(lambda labels: painting.paint_segment(labels, start, end, label))
        case "polygon":
            points = [(x0, y0), (x1, y1), (x0, y1), (y0, x1)]
            document.paint(lambda labels: painting.fill_polygon(labels, points, label))
        case "fill":
            document.paint(lambda labels: painting.flood_fill(labels, x0, y0, label))
        case "replace":
            document.replace_material(int(document.labels[0, 0]), label)
        case "map":
            document.set_map(label_map.blank(Size(30, 40), label))
        case "result":
            document.set_result(picture(label), GenerateRequest(seed=label))
        case "resize":
            document.resize(Size(20 + label // 8, 33))


def state(document):
    shown = None if document.picture is None else document.picture.tobytes()
    return document.labels.shape, document.labels.tobytes(), shown, document.request


@settings(max_examples=60, deadline=None)
@given(strokes)
def test_undo_and_redo_are_inverse(edits):
    document = Document(label_map.blank(Size(64, 48)))
    states = [state(document)]
    for edit in edits:
        do(document, *edit)
        if state(document) != states[-1]:
            states.append(state(document))
    seen = [state(document)]
    while document.undo():
        if state(document) != seen[-1]:
            seen.append(state(document))
    assert seen == states[::-1]
    forward = [state(document)]
    while document.redo():
        if state(document) != forward[-1]:
            forward.append(state(document))
    assert forward == states


def test_two_hundred_strokes_can_be_undone_at_a_thousand_pixels():
    document = Document(label_map.blank(Size(1024, 1024), SKY))
    first = document.labels.copy()
    rng = np.random.default_rng(3)
    for _ in range(210):
        x0, y0, x1, y1 = rng.uniform(0, 1024, 4)
        size, label = rng.uniform(5, 120), int(rng.integers(0, 180))
        do(document, "brush", x0, y0, x1, y1, size, label)
    assert len(document.history) == 210
    assert document.history.cost < 32 * 2**20
    while document.undo():
        pass
    assert np.array_equal(document.labels, first)


def test_history_forgets_the_oldest_beyond_its_budget_and_keeps_the_newest():
    history: History[Patch] = History(budget=3000)
    labels = np.zeros((64, 64), np.uint8)
    for label in range(1, 40):
        before = labels.copy()
        labels[label] = label
        patch = Patch.between(before, labels, Region.whole(labels))
        history.add(patch)
    assert history.cost <= 3000
    assert 1 < len(history) < 39
    while (edit := history.undo()) is not None:
        edit.undo(labels)
    assert not labels[39].any()
    assert labels[1].all()
    tiny: History[Patch] = History(budget=1)
    tiny.add(patch)
    assert tiny.can_undo


def test_a_new_stroke_ends_what_could_be_redone():
    document = Document(label_map.blank(Size(8, 8)))
    document.replace_material(UNLABELLED, SKY)
    document.undo()
    document.replace_material(UNLABELLED, WATER)
    assert not document.redo()
    assert (document.labels == WATER).all()


def test_a_stroke_that_changes_nothing_is_no_edit():
    document = Document(label_map.blank(Size(32, 32), SKY))
    do(document, "brush", 3, 3, 20, 20, 9, SKY)
    assert not document.history.can_undo
    assert not document.dirty


def test_an_abandoned_stroke_leaves_no_trace():
    document = Document(label_map.blank(Size(32, 32), SKY))
    before = document.labels.copy()
    document.begin()
    document.touch(painting.paint_line(document.labels, (0, 0), (30, 30), 6, WATER))
    assert not np.array_equal(document.labels, before)
    document.abandon()
    assert np.array_equal(document.labels, before)
    assert not document.history.can_undo


def test_undo_in_the_middle_of_a_stroke_takes_the_stroke_back():
    document = Document(label_map.blank(Size(32, 32), SKY))
    document.begin()
    document.touch(painting.paint_line(document.labels, (0, 0), (30, 30), 6, WATER))
    assert document.undo()
    assert (document.labels == SKY).all()


def test_listeners_hear_the_region_of_a_stroke_and_whole_changes():
    document = Document(label_map.blank(Size(64, 64)))
    heard = []
    document.listen(heard.append)
    do(document, "brush", 10, 10, 20, 20, 6, SKY)
    region = heard[0].region
    assert region & Region(10, 10, 20, 20) == Region(10, 10, 20, 20)
    assert region.width < 30
    document.set_result(picture(), GenerateRequest())
    assert heard[-1].picture
    assert not heard[-1].replaced
    document.resize(Size(16, 16))
    assert heard[-1].replaced
    document.ignore(heard.append)
    count = len(heard)
    document.undo()
    assert len(heard) == count


def test_a_result_of_other_proportions_takes_the_map_along():
    document = Document(label_map.blank(Size(64, 64), SKY))
    used = label_map.blank(Size(64, 64), SKY)
    request = GenerateRequest(label_map=used, size=Size(96, 64))
    document.set_result(picture(9, 64, 96), request)
    assert document.size == Size(64, 43)
    document.undo()
    assert document.size == Size(64, 64)
    assert document.picture is None


def test_restore_brings_back_map_picture_and_settings():
    document = Document(label_map.blank(Size(64, 64), SKY))
    request = GenerateRequest(prompt="a lake", label_map=label_map.blank(Size(32, 32), WATER))
    opened = Opened(
        format="picture", picture=picture(4), request=request, labels=np.array(request.label_map)
    )
    document.take(opened)
    assert (document.labels == WATER).all()
    document.labels[0, 0] = SKY
    assert request.label_map[0, 0] == WATER
    assert document.request is request
    document.undo()
    assert (document.labels == SKY).all()


def test_the_map_of_the_words_belongs_to_its_picture():
    document = Document(label_map.blank(Size(64, 48), SKY))
    drawn = label_map.blank(Size(32, 24), WATER)
    document.set_result(picture(4, 24, 32), GenerateRequest(prompt="a lake"), drawn)
    assert (document.labels == SKY).all()
    assert document.drawn_map is drawn
    document.take_drawn_map()
    assert (document.labels == WATER).all()
    assert document.size == Size(64, 48)
    assert document.drawn_map is drawn  # the picture is still there
    document.set_result(picture(5, 24, 32), GenerateRequest(label_map=drawn))
    assert document.drawn_map is None
    document.undo()
    assert document.drawn_map is drawn
    document.undo()
    assert (document.labels == SKY).all()
    document.undo()
    assert document.drawn_map is None
    assert document.picture is None


def test_the_map_of_the_words_is_saved_with_its_picture(tmp_path):
    document = Document(label_map.blank(Size(64, 48), SKY))
    drawn = label_map.blank(Size(32, 24), WATER)
    document.set_result(picture(4, 24, 32), GenerateRequest(prompt="a lake"), drawn)
    document.save(tmp_path / "p.png")
    other = Document()
    other.take(read_picture(tmp_path / "p.png"))
    assert np.array_equal(other.drawn_map, drawn)
    assert (other.labels == SKY).all()


@pytest.mark.parametrize("with_picture", [False, True])
def test_a_saved_document_opens_as_it_was(tmp_path, with_picture):
    rng = np.random.default_rng(0)
    labels = rng.choice(np.array([SKY, WATER, UNLABELLED], np.uint8), (40, 56))
    document = Document(labels)
    request = GenerateRequest(prompt="hồ trên núi", label_map=labels[:20], seed=5)
    if with_picture:
        document.set_result(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8), request)
        document.set_map(labels)
    document.replace_material(SKY, SKY)
    document.save(tmp_path / "lake.png")
    assert not document.dirty
    opened = open_file(tmp_path / "lake.png")
    assert np.array_equal(opened.labels, document.labels)
    other = Document()
    other.take(opened)
    assert np.array_equal(other.labels, document.labels)
    if with_picture:
        assert np.array_equal(other.picture, document.picture)
        assert other.request.prompt == "hồ trên núi"
        assert np.array_equal(other.request.label_map, labels[:20])


def test_a_bad_map_or_picture_changes_nothing():
    document = Document(label_map.blank(Size(64, 64), SKY))
    with pytest.raises(ValueError, match="8-bit"):
        document.set_map(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="at most"):
        document.set_map(np.zeros((5000, 3), np.uint8))
    with pytest.raises(ValueError, match="RGB"):
        document.set_result(np.zeros((3, 3), np.uint8), GenerateRequest())
    assert document.size == Size(64, 64)
    assert document.request is None
    assert not document.history.can_undo


@pytest.mark.parametrize("size", [Size(7, 5), Size(200, 90), Size(1, 1)])
def test_resizing_invents_no_label(size):
    rng = np.random.default_rng(1)
    labels = rng.choice(np.array([3, 9, 255], np.uint8), (40, 30))
    scaled = label_map.resized(labels, size)
    assert label_map.size_of(scaled) == size
    assert set(np.unique(scaled)) <= {3, 9, 255}


def test_brush_sizes():
    assert sized_by_pressure(50, 1) == 50
    assert sized_by_pressure(50, 0) == 10
    assert sized_by_pressure(1, 0) == SMALLEST_BRUSH
    assert brush_stepped(LARGEST_BRUSH, 1) == LARGEST_BRUSH
    assert brush_stepped(SMALLEST_BRUSH, -1) == SMALLEST_BRUSH
    assert brush_stepped(1, 1) == 2
    assert len({row.shortcut for row in BRUSHES}) == len(BRUSHES)
    assert label_map.used(np.array([[3, 3, 9, 255, 255, 255]], np.uint8)) == [3, 9]
