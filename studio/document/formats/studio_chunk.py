"""The studio's own text chunk: all that repeats a picture, with its map, source and mask."""

import base64
import binascii
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from studio.contract.geometry import LARGEST_SIDE, Size
from studio.contract.request import Box, GenerateRequest, Preview
from studio.document.formats.maps import labels_from_png, palette_png
from studio.document.formats.parameters import program_version

KEYWORD = "latent-studio"
_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Chunk:
    """What a chunk tells: the request, the map being painted and the map that the model drew from
    the request's words, both uint8 [H, W]; None for what there is not.
    """

    request: GenerateRequest | None = None
    labels: np.ndarray | None = None
    drawn_map: np.ndarray | None = None


def chunk_text(
    request: GenerateRequest | None,
    labels: np.ndarray | None,
    drawn_map: np.ndarray | None = None,
) -> str:
    """``request``, the map being painted where it differs from the request's, and the map that the
    model drew: ASCII JSON.
    """
    record: dict[str, Any] = {"version": _VERSION, "program": program_version()}
    if request is not None:
        record["request"] = request_record(request)
    used = None if request is None else request.label_map
    if labels is not None and (used is None or not np.array_equal(used, labels)):
        record["map"] = _packed(labels)
    if drawn_map is not None:
        record["drawn_map"] = _packed(drawn_map)
    return json.dumps(record)


def read_chunk(text: str) -> Chunk:
    """What such a text tells; ValueError if it is damaged or of a later version."""
    record = json.loads(text)
    if not isinstance(record, dict):
        raise ValueError("The settings in the picture are damaged.")
    if record.get("version") != _VERSION:
        raise ValueError("The picture was saved by a later version of the studio.")
    request = request_from(record["request"]) if "request" in record else None
    labels = _unpacked(record["map"]) if "map" in record else None
    if labels is None and request is not None and request.label_map is not None:
        labels = np.array(request.label_map)
    drawn_map = _unpacked(record["drawn_map"]) if "drawn_map" in record else None
    return Chunk(request=request, labels=labels, drawn_map=drawn_map)


def request_record(request: GenerateRequest) -> dict[str, Any]:
    """A request as plain JSON values."""
    return {
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "label_map": None if request.label_map is None else _packed(request.label_map),
        "size": [request.size.width, request.size.height],
        "seed": request.seed,
        "count": request.count,
        "steps": request.steps,
        "guidance": request.guidance,
        "guidance_interval": list(request.guidance_interval),
        "sampler": request.sampler,
        "spacing": request.spacing,
        "eta": request.eta,
        "class_id": request.class_id,
        "source": None if request.source is None else _packed_pixels(request.source),
        "strength": request.strength,
        "mask": None if request.mask is None else _packed_pixels(request.mask),
        "boxes": [box_record(box) for box in request.boxes],
        "noise_level": request.noise_level,
        "depth": None if request.depth is None else _packed_pixels(request.depth),
        "loras": [list(lora) for lora in request.loras],
        "map_strength": request.map_strength,
        "preview": request.preview.value,
    }


def request_from(record: object) -> GenerateRequest:
    """The request such values stand for; ValueError if they stand for none."""
    if not isinstance(record, dict):
        raise ValueError("The settings in the picture are damaged.")
    try:
        width, height = record["size"]
        low, high = record["guidance_interval"]
        packed = record["label_map"]
        return GenerateRequest(
            model=_typed(record["model"], str),
            prompt=_typed(record["prompt"], str),
            negative_prompt=_typed(record["negative_prompt"], str),
            label_map=None if packed is None else _unpacked(packed),
            size=Size(_typed(width, int), _typed(height, int)),
            seed=_typed(record["seed"], int),
            count=_typed(record["count"], int),
            steps=_optional(record["steps"], int),
            guidance=_optional(record["guidance"], int, float),
            guidance_interval=(_typed(low, int, float), _typed(high, int, float)),
            sampler=_optional(record["sampler"], str),
            spacing=_optional(record["spacing"], str),
            eta=_typed(record["eta"], int, float),
            # older pictures have none of these
            class_id=_optional(record.get("class_id"), int),
            source=_unpacked_pixels(record.get("source"), "RGB"),
            strength=_optional(record.get("strength"), int, float),
            mask=_unpacked_pixels(record.get("mask"), "L"),
            boxes=tuple(box_from_record(box) for box in _typed(record.get("boxes", []), list)),
            noise_level=_optional(record.get("noise_level"), int),
            depth=_unpacked_pixels(record.get("depth"), "L"),
            loras=tuple(_lora(lora) for lora in _typed(record.get("loras", []), list)),
            map_strength=_typed(record.get("map_strength", 1.0), int, float),
            preview=Preview(record["preview"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("The settings in the picture are incomplete.") from error


def _lora(record: Any) -> tuple[str, float]:
    name, weight = _typed(record, list)
    return _typed(name, str), _typed(weight, int, float)


def _typed(value: Any, *kinds: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise TypeError(f"{value!r} is of the wrong kind")
    return value


def _optional(value: Any, *kinds: type) -> Any:
    return None if value is None else _typed(value, *kinds)


def _packed(labels: np.ndarray) -> str:
    return base64.b64encode(palette_png(labels)).decode("ascii")


def _unpacked(text: object) -> np.ndarray:
    try:
        return labels_from_png(base64.b64decode(_typed(text, str), validate=True))
    except (binascii.Error, TypeError) as error:
        raise ValueError("The map inside the picture is damaged.") from error


def _packed_pixels(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _unpacked_pixels(text: object, mode: str) -> np.ndarray | None:
    """What _packed_pixels wrote, uint8; None for None."""
    if text is None:
        return None
    try:
        data = base64.b64decode(_typed(text, str), validate=True)
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.mode != mode or max(image.size) > LARGEST_SIDE:
            raise ValueError("The source inside the picture has the wrong kind or size.")
        return np.array(image)
    except (binascii.Error, TypeError, OSError, SyntaxError, EOFError) as error:
        raise ValueError("The source inside the picture is damaged.") from error


def box_record(box: Box) -> list[float]:
    """A box as plain JSON values."""
    return [box.label, box.left, box.top, box.right, box.bottom]


def box_from_record(record: object) -> Box:
    """The box such values stand for; ValueError or TypeError if they stand for none."""
    label, *sides = _typed(record, list)
    left, top, right, bottom = (float(_typed(side, int, float)) for side in sides)
    return Box(label=_typed(label, int), left=left, top=top, right=right, bottom=bottom)
