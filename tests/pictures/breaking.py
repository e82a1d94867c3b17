"""Picture files broken in every way a disk, a network or a stranger might break them."""

import functools
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\x01\0\0\0")


def broken_files(whole: Sequence[Path], folder: Path, count: int, seed: int = 0) -> Iterator[Path]:
    """``count`` broken copies of the files ``whole``, written into ``folder`` one by one.

    Each is gone when the next is asked for. The same seed gives the same files.
    """
    chance = random.Random(seed)
    for number in range(count):
        source = chance.choice(whole)
        way = chance.choice(_WAYS)
        data = way(bytearray(source.read_bytes()), chance)
        if way is _spliced:
            data = data[: len(data) // 2] + bytearray(chance.choice(whole).read_bytes())
        if source.suffix == ".png" and chance.random() < 0.5:
            data = _with_checksums(data)
        path = folder / f"{number:05d}{way.__name__}-{source.name}"
        path.write_bytes(data)
        yield path
        path.unlink()


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def _cut_early(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(min(200, len(data)))]


def _flipped(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def _flipped_early(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(8, min(300, len(data)))] = chance.randrange(256)
    return data


def _one_bit(data: bytearray, chance: random.Random) -> bytearray:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _word(data: bytearray, chance: random.Random) -> bytearray:
    """A length or an offset goes wild."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(4, max(5, len(data) - 4))
        data[at : at + 4] = chance.choice(_WORDS)[:: chance.choice((1, -1))]
    return data


def _zeroed(data: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(len(data))
    length = chance.randint(1, len(data) - at)
    data[at : at + length] = bytes(length)
    return data


def _removed(data: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 100)]
    return data


def _doubled(data: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randint(1, 200)]
    return data


def _spliced(data: bytearray, chance: random.Random) -> bytearray:
    return data


_WAYS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    _cut,
    _cut_early,
    _flipped,
    _flipped_early,
    _one_bit,
    _word,
    _zeroed,
    _removed,
    _doubled,
    _spliced,
)


def _with_checksums(data: bytearray) -> bytearray:
    """A PNG file whose chunks' sums are right, so that what is in them is looked at."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">L", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">L", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return data


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


@functools.cache
def bombs() -> dict[str, bytes]:
    """Small files that claim, or unpack to, gigabytes."""
    side, head = 60_000, b"\x89PNG\r\n\x1a\n"
    png = chunk(b"IHDR", struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0))
    small = chunk(b"IHDR", struct.pack(">LLBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")
    packer = zlib.compressobj(9)
    zeros = b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()
    tags = ((256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (279, 1))
    folder = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags)
    canvas = (16383).to_bytes(3, "little") * 2
    return {
        "size.png": head + png + chunk(b"IDAT", zeros[:1000]) + chunk(b"IEND", b""),
        "text.png": head + small + chunk(b"zTXt", b"Comment\0\0" + zeros) + pixel,
        "profile.png": head + small + chunk(b"iCCP", b"icc\0\0" + zeros) + pixel,
        "size.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
        + b",\0\0\0\0" + struct.pack("<HHB", 65535, 65535, 0) + b"\x08\x01\0\0;",
        "size.bmp": b"BM" + struct.pack("<LLL", 100, 0, 54)
        + struct.pack("<LllHHLLllLL", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0) + b"\0" * 46,
        "size.jpg": b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", 65000, 65000)
        + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
        "size.webp": b"RIFF" + struct.pack("<L", 100) + b"WEBPVP8X\x0a\0\0\0\x10\0\0\0" + canvas
        + b"VP8L" + struct.pack("<L", 70) + b"\x2f" + b"\xff" * 69,
        "size.tif": b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + folder + b"\0" * 60,
    }  # fmt: skip
