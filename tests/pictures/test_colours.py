"""Pixels through their profiles into the colours that a screen shows."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from studio.pictures.colours import greys_in_srgb, in_srgb
from studio.pictures.reading import probe_picture


def grey_profile(gamma: float) -> bytes:
    """The smallest ICC profile of grey (ICC.1:2001-04): a header, a tone curve and a white."""
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {
        b"kTRC": b"curv" + struct.pack(">LLHH", 0, 1, round(gamma * 256), 0),
        b"wtpt": b"XYZ " + bytes(4) + white,
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">L", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">LL", at + len(body), len(data))
        body += data
    head = struct.pack(">L4xL4s4s4s12x4s28x", at + len(body), 0x02100000, b"mntr", b"GRAY",
                       b"XYZ ", b"acsp") + white  # fmt: skip
    return head.ljust(128, b"\0") + table + body


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.6])
def test_greys_follow_their_profiles_curve(gamma: float) -> None:
    greys = greys_in_srgb(grey_profile(gamma))
    assert greys is not None
    light = (np.arange(256) / 255) ** gamma
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(greys - 255 * expected[:, None]).max() < 1.5


def test_other_profiles_have_no_greys() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert greys_in_srgb(srgb) is None
    assert greys_in_srgb(grey_profile(1.0)[:140]) is None
    pixels = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    assert np.abs(in_srgb(pixels, srgb).astype(int) - pixels).max() <= 1
    assert (in_srgb(pixels, b"nonsense") == pixels).all()
    assert (in_srgb(pixels, None) == pixels).all()


def test_a_thumbnail_has_the_colours_of_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("L", (20, 10), 128).save(path, icc_profile=grey_profile(1.0))
    thumbnail = probe_picture(path, thumbnail_side=10).thumbnail
    assert thumbnail is not None
    assert np.abs(thumbnail.astype(int) - (188, 188, 188, 255)).max() <= 1
