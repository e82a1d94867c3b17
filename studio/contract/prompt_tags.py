"""What a prompt may hold beside words: <lora:NAME:WEIGHT>, as users of other programs know it."""

import math
import re

_TAG = re.compile(r"<lora:([^:<>]+)(?::([^:<>]*))?(?::[^<>]*)?>", re.IGNORECASE)

Loras = tuple[tuple[str, float], ...]


def without_tags(prompt: str) -> tuple[str, Loras]:
    """The words of a prompt, and the LoRA files it names with their weights (1 where none is told).

    ValueError with a sentence for a weight that is no number.
    """
    loras = []
    for matched in _TAG.finditer(prompt):
        name, weight = matched[1].strip(), (matched[2] or "1").strip()
        try:
            number = float(weight)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"In “{matched[0]}” the weight “{weight}” is no number.")
        loras.append((name, number))
    if not loras:
        return prompt, ()
    return re.sub(r"\s{2,}", " ", _TAG.sub("", prompt)).strip(), tuple(loras)


def lora_pairs(value: object) -> Loras:
    """LoRA files with their weights out of plain values, such as JSON's; ValueError."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"LoRA files are a list, not {value!r}")
    pairs = []
    for item in value:
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise ValueError(f"{item!r} is no LoRA file with its weight")
        name, weight = item
        if not isinstance(name, str) or not name or isinstance(weight, bool):
            raise ValueError(f"{item!r} is no LoRA file with its weight")
        if not isinstance(weight, int | float) or not math.isfinite(weight):
            raise ValueError(f"{item!r} is no LoRA file with its weight")
        pairs.append((name, float(weight)))
    return tuple(pairs)


def tag(name: str, weight: float) -> str:
    """How a prompt names a LoRA file."""
    return f"<lora:{name}:{weight:g}>"
