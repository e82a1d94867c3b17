"""The ``parameters`` text that AUTOMATIC1111's web UI made common."""

import json
import re
from importlib.metadata import PackageNotFoundError, version

from studio.contract.catalog import SAMPLERS
from studio.contract.prompt_tags import tag
from studio.contract.request import GenerateRequest
from studio.document.formats.found import FoundSettings

_PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
_NEGATIVE = "Negative prompt:"
_FEWEST_PAIRS = 3


def program_version() -> str:
    """The studio's version, as its package says."""
    try:
        return version("latent-studio")
    except PackageNotFoundError:
        return "source"


def parameters_text(request: GenerateRequest) -> str:
    """How ``request`` reads for other programs; values the model chooses itself are left out."""
    titles = {row.key: row.title for row in SAMPLERS}
    pairs: list[tuple[str, object]] = []
    if request.steps is not None:
        pairs.append(("Steps", request.steps))
    if request.sampler is not None:
        pairs.append(("Sampler", titles[request.sampler]))
    if request.spacing is not None:
        pairs.append(("Schedule type", request.spacing.capitalize()))
    if request.guidance is not None:
        pairs.append(("CFG scale", f"{request.guidance:g}"))
    if request.strength is not None and request.source is not None:
        pairs.append(("Denoising strength", f"{request.strength:g}"))
    pairs += [
        ("Seed", request.seed),
        ("Size", request.size),
        ("Model", request.model),
        ("Version", f"latent-studio-{program_version()}"),
    ]
    words = [request.prompt, *(tag(_stem(name), weight) for name, weight in request.loras)]
    lines = [" ".join(words).strip()] if any(words) else []
    if request.negative_prompt:
        lines.append(f"{_NEGATIVE} {request.negative_prompt}")
    lines.append(", ".join(f"{key}: {_quoted(str(value))}" for key, value in pairs))
    return "\n".join(lines)


def _stem(name: str) -> str:
    """What other programs call the file: its name without folders and suffix."""
    file = name.replace("\\", "/").rpartition("/")[2]
    return file.removesuffix(".safetensors")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r'[,:\n"]', value) else value


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value.strip()


def read_parameters(text: str) -> FoundSettings:
    """Settings out of such a text, as much of them as is there."""
    *lines, last = text.strip().split("\n")
    pairs = {key.strip(): _unquoted(value) for key, value in _PAIR.findall(last)}
    if len(pairs) < _FEWEST_PAIRS:
        lines, pairs = [*lines, last], {}
    prompt, negative = _prompts(lines)
    width, _, height = pairs.get("Size", "").partition("x")
    return FoundSettings.read(
        pairs.get("Version", "") or "A1111",
        prompt=prompt,
        negative_prompt=negative,
        steps=pairs.get("Steps"),
        guidance=pairs.get("CFG scale"),
        sampler=pairs.get("Sampler"),
        schedule=pairs.get("Schedule type"),
        seed=pairs.get("Seed"),
        strength=pairs.get("Denoising strength"),
        width=width,
        height=height,
    )


def _prompts(lines: list[str]) -> tuple[str, str]:
    for index, line in enumerate(lines):
        if line.strip().startswith(_NEGATIVE):
            first = line.strip().removeprefix(_NEGATIVE).strip()
            rest = [text.strip() for text in lines[index + 1 :]]
            return "\n".join(lines[:index]).strip(), "\n".join([first, *rest]).strip()
    return "\n".join(lines).strip(), ""
