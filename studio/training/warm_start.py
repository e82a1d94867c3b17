"""Training that begins with the weights of a finished model instead of random ones."""

from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor, nn

EMBEDDING = "token_emb.weight"


def start_from(network: nn.Module, path: Path, renamed: dict[str, Tensor] | None = None) -> int:
    """Copy every tensor of a safetensors file whose name and shape the network has; returns how
    many parameters were taken.

    What the file lacks keeps its random start, so a network may have grown since. ``renamed``
    replaces tensors of the file. ValueError when nothing fits: the file is another network's.
    """
    own = network.state_dict()
    taken = 0
    with safe_open(path, "pt") as file, torch.no_grad():
        for name in file.keys():  # noqa: SIM118 - not a mapping
            tensor = (renamed or {}).get(name)
            tensor = file.get_tensor(name) if tensor is None else tensor
            if name in own and own[name].shape == tensor.shape:
                own[name].copy_(tensor)
                taken += tensor.numel()
    if not taken:
        raise ValueError(f"{path} holds no tensor of this network; start without it.")
    return taken


def words_as_before(fresh: Tensor, folder: Path, tokenizer_file: Path) -> dict[str, Tensor]:
    """The text encoder's embedding [words, width] for the vocabulary of ``tokenizer_file``: rows
    of words that the model in ``folder`` knows are its own, new words keep their ``fresh`` rows.
    """
    with safe_open(folder / "text_encoder.safetensors", "pt") as file:
        known = file.get_tensor(EMBEDDING)
    before = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    now = Tokenizer.from_file(str(tokenizer_file)).get_vocab()
    rows = fresh.detach().clone()
    for word, row in now.items():
        if word in before:
            rows[row] = known[before[word]]
    return {EMBEDDING: rows}
