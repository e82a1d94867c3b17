"""The files that checkpoints leave out: word lists of text encoders, and the names of classes."""

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.app.models.hub import planned_files
from studio.app.models.hub_plan import Plan
from studio.contract.model_card import ModelCard

CLASS_NAMES = "imagenet-1k-id2label.json"
_OTHER_CLASS_NAMES = (
    "imagenet_clsidx_to_label.txt",  # of CompVis's own repository: a Python dict without braces
    "imagenet1000_clsidx_to_labels.txt",
    "imagenet_classes.txt",
    "classes.txt",
)


@dataclass(frozen=True, kw_only=True)
class WordList:
    """``files`` of ``repository`` on the hub, which the ``families`` need beside their weights.

    ``sets`` are the file names of which any one set is enough. Without an ``optional`` list a model
    still works, its classes being numbers.
    """

    key: str
    title: str
    repository: str
    kind: str
    files: tuple[str, ...]
    families: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...]
    optional: bool = False


WORD_LISTS: tuple[WordList, ...] = (
    WordList(
        key="clip",
        title="CLIP's word list",
        repository="openai/clip-vit-large-patch14",
        kind="model",
        files=("vocab.json", "merges.txt"),
        families=("stable_diffusion", "stable_inpainting", "stable_depth", "upscaler_x4"),
        sets=(("tokenizer.json",), ("vocab.json", "merges.txt"), ("bpe_simple_vocab_16e6.txt.gz",)),
    ),
    WordList(
        key="bert",
        title="BERT's word list",
        repository="google-bert/bert-base-uncased",
        kind="model",
        files=("vocab.txt",),
        families=("text_to_image",),
        sets=(("tokenizer.json",), ("vocab.txt",)),
    ),
    WordList(
        key="imagenet",
        title="the names of ImageNet's classes",
        repository="huggingface/label-files",
        kind="dataset",
        files=(CLASS_NAMES,),
        families=("class_conditional",),
        sets=((CLASS_NAMES,), *((name,) for name in _OTHER_CLASS_NAMES)),
        optional=True,
    ),
)


def missing_list(card: ModelCard, path: Path, lists: Path) -> WordList | None:
    """The word list that a model of this card needs and that is nowhere; ``lists`` is the folder
    where the studio keeps those it fetched.
    """
    for row in WORD_LISTS:
        if card.family in row.families and not _is_somewhere(row, path, lists):
            return row
    return None


def plan_for(row: WordList, lists: Path) -> Plan:
    """What fetching a word list would take; HubError says where to put its files by hand."""
    return planned_files(row.repository, row.kind, row.files, row.title, lists / row.key)


def class_names(path: Path, lists: Path) -> tuple[str, ...]:
    """The names of a model's classes by number, from its folder or the fetched list; empty where
    there are none.
    """
    for folder in (*_folders(path), lists / "imagenet"):
        for name in (CLASS_NAMES, *_OTHER_CLASS_NAMES):
            if names := _read_names(folder / name):
                return names
    return ()


def _is_somewhere(row: WordList, path: Path, lists: Path) -> bool:
    return any(
        all((folder / name).is_file() for name in names)
        for folder in (*_folders(path), lists / row.key)
        for names in row.sets
    )


def _folders(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return path, path / "tokenizer"
    return path.with_name("tokenizer"), path.parent


def _read_names(file: Path) -> tuple[str, ...]:
    """{"0": "tench, ..."} as JSON or as Python prints it, else one name a line."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ()
    try:
        told = json.loads(text) if file.suffix == ".json" else ast.literal_eval(text)
        numbered = {int(number): str(name) for number, name in dict(told).items()}
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return tuple(filter(None, map(_name_in, text.splitlines())))
    return tuple(
        numbered.get(number, str(number)) for number in range(max(numbered, default=-1) + 1)
    )


def _name_in(line: str) -> str:
    """Of "tench", "0: tench" and "0: 'tench',"."""
    name = re.sub(r"^\d+\s*[:,]\s*", "", line.strip())
    quoted = re.fullmatch(r"(['\"])(.*)\1,?", name)
    return quoted[2] if quoted else name
