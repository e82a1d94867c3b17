"""Colours of the materials: vectorised lookups between labels and colours."""

from collections.abc import Mapping

import numpy as np

from studio.contract.materials import LABEL_BY_ID, MATERIALS, Rgb

FOREIGN: Rgb = (255, 0, 255)

GAUGAN: Mapping[Rgb, int] = {label.gaugan: label.id for label in LABEL_BY_ID.values()}
ADE20K: Mapping[Rgb, int] = {
    **{material.ade20k: material.id for material in MATERIALS if material.ade20k},
    (112, 9, 255): next(material.id for material in MATERIALS if material.key == "grass"),  # field
}


def _table() -> np.ndarray:
    table = np.full((256, 3), FOREIGN, dtype=np.uint8)
    table[255] = 0
    for label in LABEL_BY_ID.values():
        table[label.id] = label.gaugan
    table.flags.writeable = False
    return table


COLOURS: np.ndarray = _table()
"""uint8 [256, 3] sRGB of every label; unlabelled is black, a label that is no material magenta."""


def coloured(labels: np.ndarray) -> np.ndarray:
    """The map in its materials' colours: uint8 [H, W] -> uint8 [H, W, 3] sRGB."""
    return COLOURS[labels]


def labelled(
    pixels: np.ndarray, colours: Mapping[Rgb, int], tolerance: float = 24.0
) -> tuple[np.ndarray, int]:
    """Labels of a picture painted in known colours.

    ``pixels``: uint8 [H, W, 3]. Each pixel takes the label of the nearest colour within
    ``tolerance`` (Euclidean distance in 8-bit RGB), else 255; black counts as unlabelled.
    Returns uint8 [H, W] and the number of pixels that matched nothing.
    """
    known = np.array([*colours, (0, 0, 0)], dtype=np.float32)
    ids = np.array([*colours.values(), 255], dtype=np.uint8)
    channels = pixels.astype(np.uint32)
    packed = channels[..., 0] << 16 | channels[..., 1] << 8 | channels[..., 2]
    unique, inverse = np.unique(packed, return_inverse=True)
    rgb = np.stack([unique >> 16, unique >> 8 & 255, unique & 255], axis=1).astype(np.float32)
    nearest = np.zeros(unique.size, dtype=np.intp)
    distance = np.full(unique.size, np.inf, dtype=np.float32)
    for index, colour in enumerate(known):
        squared = ((rgb - colour) ** 2).sum(axis=1)
        closer = squared < distance
        nearest[closer], distance[closer] = index, squared[closer]
    matched = distance <= tolerance**2
    labels = np.where(matched, ids[nearest], np.uint8(255))
    inverse = inverse.reshape(packed.shape)
    return labels[inverse], int((~matched)[inverse].sum())
