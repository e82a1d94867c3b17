"""Which files of a repository on the Hugging Face hub are needed, and how large they are."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from studio.app.models.scan import PIPELINE

_PARTS = (
    "unet", "transformer", "vae", "vqvae", "text_encoder", "text_encoder_2", "text_encoder_3",
    "bert", "scheduler", "tokenizer", "tokenizer_2", "tokenizer_3",
)  # fmt: skip
_WEIGHTS = ("diffusion_pytorch_model", "model", "pytorch_model")
_VARIANTS = (".safetensors", ".fp16.safetensors", ".bin", ".fp16.bin")
_TEXTS = (".json", ".txt", ".model")
_SINGLE = (".safetensors", ".ckpt")
_LAST = (".pth", ".pt")
"""Upscalers are published so; elsewhere such files lie beside a model and are none."""
_SHOWN = 6


class HubError(Exception):
    """Something on the hub cannot be had; the text is a sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """``sha256`` of the content where the hub tells it, else ``blob``, git's SHA-1 of it."""

    name: str
    nbytes: int
    sha256: str | None = None
    blob: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be fetched: ``revision`` is a commit, ``kind`` "model" or "dataset". ``lists``
    tells whether the files are a model of their own, or belong to one.
    """

    name: str
    revision: str
    licence: str
    files: tuple[HubFile, ...]
    kind: str = "model"
    lists: bool = True

    @property
    def nbytes(self) -> int:
        """Size of all files."""
        return sum(file.nbytes for file in self.files)

    @property
    def folder(self) -> str:
        """The name of the folder it goes into."""
        return self.name.replace("/", "--")

    def record(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Plan":
        """The plan such values stand for; KeyError and TypeError for none."""
        files = tuple(HubFile(**item) for item in record["files"])
        return cls(**{**record, "files": files})


@dataclass(frozen=True)
class Wish:
    """A repository, perhaps one file of it, perhaps not its newest state."""

    repository: str
    file: str | None = None
    revision: str | None = None


def wish_of(text: str, hosts: Iterable[str]) -> Wish:
    """Read ORG/NAME, ORG/NAME/FILE or an address on one of the hub's ``hosts``; HubError."""
    text = text.strip()
    if "://" not in text and text.partition("/")[0] not in set(hosts):
        return _wish_of_path(text, text)
    address = urlsplit(text if "://" in text else f"https://{text}")
    if address.hostname not in set(hosts):
        raise HubError(
            f"“{address.hostname}” is not the Hugging Face hub; download the file with a browser, "
            "then add the file itself."
        )
    return _wish_of_path(unquote(address.path), text)


def _wish_of_path(path: str, text: str) -> Wish:
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2 or any(part in (".", "..") for part in parts):
        raise HubError(f"“{text}” is no file, folder or name on the hub such as CompVis/NAME.")
    repository, rest = "/".join(parts[:2]), parts[2:]
    revision = None
    if rest and rest[0] in ("blob", "resolve", "tree", "raw") and len(rest) > 1:
        revision, rest = rest[1], rest[2:]
    return Wish(repository, "/".join(rest) or None, revision)


def chosen(files: Sequence[HubFile], wish: Wish) -> tuple[HubFile, ...]:
    """The files that a model needs: tensors before pickles, none twice, no programs; HubError."""
    by_name = {file.name: file for file in files if _is_safe(file.name)}
    if wish.file is not None:
        return _one_file(by_name, wish)
    if PIPELINE in by_name:
        return _pipeline(by_name, wish)
    singles = [name for name in by_name if name.lower().endswith(_SINGLE)]
    singles = singles or [name for name in by_name if name.lower().endswith(_LAST)]
    best = [n for n in singles if n.endswith(".safetensors") or _twin(n) not in by_name]
    if not best:
        raise HubError(
            f"{wish.repository} holds no model that the studio reads: neither {PIPELINE} nor a "
            ".safetensors, .ckpt or .pth file."
        )
    if len(best) > 1:
        listed = ", ".join(sorted(best)[:_SHOWN])
        more = f" and {len(best) - _SHOWN} more" if len(best) > _SHOWN else ""
        raise HubError(
            f"{wish.repository} holds several models; say which as {wish.repository}/FILE: "
            f"{listed}{more}."
        )
    return _one_file(by_name, Wish(wish.repository, best[0]))


def _one_file(by_name: dict[str, HubFile], wish: Wish) -> tuple[HubFile, ...]:
    name = wish.file or ""
    if name not in by_name:
        raise HubError(f"{wish.repository} has no file “{name}”.")
    if not name.lower().endswith((*_SINGLE, *_LAST)):
        raise HubError(f"“{name}” is no .safetensors, .ckpt or .pth file.")
    beside = (str(PurePosixPath(name).with_suffix(".yaml")),)
    return tuple(by_name[part] for part in (name, *beside) if part in by_name)


def _pipeline(by_name: dict[str, HubFile], wish: Wish) -> tuple[HubFile, ...]:
    wanted = [by_name[PIPELINE]]
    for part in _PARTS:
        inside = {
            name.removeprefix(f"{part}/"): file
            for name, file in by_name.items()
            if name.startswith(f"{part}/") and name.count("/") == 1
        }
        if not inside:
            continue
        wanted += [f for n, f in inside.items() if n.endswith(_TEXTS) and ".index." not in n]
        if "config.json" in inside:
            weights = _weights(inside)
            if not weights:
                raise HubError(f"{wish.repository} holds no weights of its {part}.")
            wanted += weights
    return tuple(wanted)


def _weights(inside: dict[str, HubFile]) -> list[HubFile]:
    """One set of a part's weights, whole or in numbered pieces with their index."""
    for suffix in _VARIANTS:
        for stem in _WEIGHTS:
            whole = f"{stem}{suffix}"
            if whole in inside:
                return [inside[whole]]
            index = f"{whole}.index.json"
            if index in inside:
                end = suffix.rpartition(".")[2]
                pieces = [
                    file
                    for name, file in inside.items()
                    if name.startswith(f"{stem}-") and name.endswith(f".{end}")
                ]
                return [inside[index], *pieces]
    return []


def _twin(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(".safetensors"))


def _is_safe(name: str) -> bool:
    """Whether a name stays inside its folder on every system."""
    parts = name.split("/")
    return (
        not name.startswith("/")
        and "\\" not in name
        and ":" not in name
        and "\0" not in name
        and all(part not in ("", ".", "..") for part in parts)
    )
