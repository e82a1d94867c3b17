"""What kind of picture a file is, by its first bytes; names lie, and some formats can't be asked
for their size before they take the memory."""

from studio.contract.geometry import Size

HEAD_BYTES = 4096

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
)


def kind_of(head: bytes) -> str | None:
    """The key of the format whose file begins like this, None if it is none that is read."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in (8, *range(16, _box_end(head), 4))}
        if brands & _AVIF_BRANDS:
            return "avif"
        return "heic" if brands & _HEIC_BRANDS else None
    return next((key for beginning, key in _BEGINNINGS if head.startswith(beginning)), None)


def _box_end(head: bytes) -> int:
    return min(len(head), int.from_bytes(head[:4], "big"))


def stated_size(head: bytes, kind: str) -> Size | None:
    """The size that a PNG's or WebP's head states; None where it must be asked of the decoder."""
    if kind == "png":
        sides = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    elif kind == "webp" and head[12:16] == b"VP8X":
        sides = 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    elif kind == "webp" and head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        sides = 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    else:
        return None
    return Size(*sides) if min(sides) > 0 else None


def png_bits(head: bytes) -> int:
    """Bits per channel that a PNG's header states."""
    return head[24] if len(head) > 24 else 8


def colour_codes(head: bytes) -> tuple[int, int]:
    """Primaries and transfer of an AVIF or HEIC file by ITU-T H.273; 2, 2 where it is silent."""
    at = head.find(b"colrnclx") + 8
    if at < 8 or at + 4 > len(head):
        return 2, 2
    return int.from_bytes(head[at : at + 2], "big"), int.from_bytes(head[at + 2 : at + 4], "big")
