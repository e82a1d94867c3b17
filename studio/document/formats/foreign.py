"""Settings that ComfyUI, InvokeAI and Fooocus leave in their pictures."""

import json
import re
from collections.abc import Mapping
from typing import Any

from studio.document.formats.found import FoundSettings
from studio.document.formats.parameters import read_parameters

_LONGEST_CHAIN = 64


def read_foreign(texts: Mapping[str, str]) -> FoundSettings | None:
    """Settings out of a picture's named texts, whoever wrote them; None if there are none."""
    if "invokeai_metadata" in texts:
        return _invoke(_record(texts["invokeai_metadata"]))
    if "parameters" in texts:
        text = texts["parameters"]
        if texts.get("fooocus_scheme") == "fooocus" or text.lstrip().startswith("{"):
            return _fooocus(_record(text))
        return read_parameters(text)
    if "prompt" in texts:
        return _comfy(_record(texts["prompt"]))
    return None


def _record(text: str) -> dict[str, Any]:
    """A JSON object; an empty one where the text is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _invoke(record: dict[str, Any]) -> FoundSettings | None:
    if not record:
        return None
    return FoundSettings.read(
        "InvokeAI",
        prompt=record.get("positive_prompt"),
        negative_prompt=record.get("negative_prompt"),
        steps=record.get("steps"),
        guidance=record.get("cfg_scale"),
        sampler=record.get("scheduler"),
        seed=record.get("seed"),
        width=record.get("width"),
        height=record.get("height"),
    )


def _fooocus(record: dict[str, Any]) -> FoundSettings | None:
    if not record:
        return None
    sides = re.findall(r"\d+", str(record.get("resolution", "")))
    width, height = sides if len(sides) == 2 else (None, None)
    return FoundSettings.read(
        "Fooocus",
        prompt=record.get("prompt"),
        negative_prompt=record.get("negative_prompt"),
        steps=record.get("steps"),
        guidance=record.get("guidance_scale"),
        sampler=record.get("sampler"),
        schedule=record.get("scheduler"),
        seed=record.get("seed"),
        width=width,
        height=height,
    )


def _comfy(graph: dict[str, Any]) -> FoundSettings | None:
    """The graph's sampling node, and what its inputs lead to."""
    for node in graph.values():
        inputs = _inputs(node)
        if {"steps", "cfg", "positive"} <= inputs.keys():
            break
    else:
        return None
    latent = _follow(graph, inputs.get("latent_image"), "width")
    return FoundSettings.read(
        "ComfyUI",
        prompt=_follow(graph, inputs["positive"], "text").get("text"),
        negative_prompt=_follow(graph, inputs.get("negative"), "text").get("text"),
        steps=inputs["steps"],
        guidance=inputs["cfg"],
        sampler=inputs.get("sampler_name"),
        schedule=inputs.get("scheduler"),
        seed=inputs.get("seed", inputs.get("noise_seed")),
        width=latent.get("width"),
        height=latent.get("height"),
    )


def _inputs(node: object) -> dict[str, Any]:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _follow(graph: dict[str, Any], link: object, wanted: str) -> dict[str, Any]:
    """Inputs of the first node upstream of ``link`` that holds ``wanted`` as a plain value."""
    waiting, seen = [link], 0
    while waiting and seen < _LONGEST_CHAIN:
        link, seen = waiting.pop(0), seen + 1
        if not (isinstance(link, list) and link and isinstance(link[0], str | int)):
            continue
        inputs = _inputs(graph.get(str(link[0])))
        if wanted in inputs and not isinstance(inputs[wanted], list):
            return inputs
        waiting += [value for value in inputs.values() if isinstance(value, list)]
    return {}
