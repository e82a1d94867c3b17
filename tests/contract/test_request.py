"""What a request refuses, and that it keeps copies of its own."""

import numpy as np
import pytest

from studio.contract.request import Box, GenerateRequest

SOURCE = np.zeros((6, 8, 3), np.uint8)


def test_pictures_are_read_only_copies() -> None:
    source, mask = SOURCE.copy(), np.zeros((6, 8), bool)
    mask[2:, 3:] = True
    request = GenerateRequest(source=source, mask=mask)
    source[:] = 9
    mask[:] = False
    assert request.source is not None
    assert request.mask is not None
    assert not request.source.any()
    assert request.mask.dtype == np.uint8
    assert (request.mask[2:, 3:] == 255).all()
    assert request.mask.sum() == 255 * 4 * 5
    for kept in (request.source, request.mask):
        with pytest.raises(ValueError, match="read-only"):
            kept[0, 0] = 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"source": SOURCE[..., 0]}, "source picture must be"),
        ({"source": SOURCE.astype(np.float32)}, "source picture must be"),
        ({"source": SOURCE[:0]}, "source picture must be"),
        ({"mask": SOURCE[..., 0]}, "needs the picture"),
        ({"source": SOURCE, "mask": SOURCE}, "mask must be a two-dimensional"),
        ({"source": SOURCE, "mask": SOURCE[1:, :, 0]}, "of 8x5, but its picture of 8x6"),
        ({"strength": 1.1}, "Strength must lie between 0 and 1, not 1.1"),
        ({"loras": (("snow", 11),)}, "weight must lie between -10 and 10, not 11"),
        ({"map_strength": 3}, "map's strength must lie between 0 and 2"),
        ({"noise_level": 351}, "noise level must lie between 0 and 350"),
    ],
)
def test_what_cannot_be_is_a_sentence(asked: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GenerateRequest(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sides", [(0.5, 0, 0.5, 1), (0, 0.7, 1, 0.6), (-0.1, 0, 1, 1), (0, 0, 1.1, 1)]
)
def test_boxes_lie_inside_the_picture(sides: tuple[float, ...]) -> None:
    left, top, right, bottom = sides
    with pytest.raises(ValueError, match="inside the picture"):
        Box(label=0, left=left, top=top, right=right, bottom=bottom)
    with pytest.raises(ValueError, match="numbered from 0"):
        Box(label=-1, left=0, top=0, right=1, bottom=1)
