"""Settings that ComfyUI, InvokeAI and Fooocus leave in their pictures."""

import json
import re
from collections.abc import Mapping
from typing import Any

from studio.document.formats.found import (
    FoundSettings,
    guidance_from,
    sampler_called,
    seed_from,
    size_from,
    steps_from,
    text_from,
)
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
    sampler, spacing = sampler_called(text_from(record.get("scheduler")))
    return FoundSettings(
        program="InvokeAI",
        prompt=text_from(record.get("positive_prompt")),
        negative_prompt=text_from(record.get("negative_prompt")),
        steps=steps_from(record.get("steps")),
        guidance=guidance_from(record.get("cfg_scale")),
        sampler=sampler,
        spacing=spacing,
        seed=seed_from(record.get("seed")),
        size=size_from(record.get("width"), record.get("height")),
    )


def _fooocus(record: dict[str, Any]) -> FoundSettings | None:
    if not record:
        return None
    sides = re.findall(r"\d+", str(record.get("resolution", "")))
    sampler, spacing = sampler_called(text_from(record.get("sampler")))
    return FoundSettings(
        program="Fooocus",
        prompt=text_from(record.get("prompt")),
        negative_prompt=text_from(record.get("negative_prompt")),
        steps=steps_from(record.get("steps")),
        guidance=guidance_from(record.get("guidance_scale")),
        sampler=sampler,
        spacing="karras" if record.get("scheduler") == "karras" else spacing,
        seed=seed_from(record.get("seed")),
        size=size_from(*sides) if len(sides) == 2 else None,
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
    sampler, spacing = sampler_called(text_from(inputs.get("sampler_name")))
    seed = inputs.get("seed", inputs.get("noise_seed"))
    return FoundSettings(
        program="ComfyUI",
        prompt=text_from(_follow(graph, inputs["positive"], "text").get("text")),
        negative_prompt=text_from(_follow(graph, inputs.get("negative"), "text").get("text")),
        steps=steps_from(inputs["steps"]),
        guidance=guidance_from(inputs["cfg"]),
        sampler=sampler,
        spacing="karras" if inputs.get("scheduler") == "karras" else spacing,
        seed=seed_from(seed),
        size=size_from(latent.get("width"), latent.get("height")),
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
