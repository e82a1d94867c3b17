"""What the Hugging Face hub says of a repository, and its files fetched piece by piece."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from studio.app.models.hub_plan import HubError, HubFile, Plan, Wish, chosen, wish_of
from studio.app.models.register import RECEIPT

os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_PARTIAL = ".partial"
_PIECE = 2**20
_SPARE = 64 * 2**20
"""Bytes that must stay free on the disk beside the model's own."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Bytes of the whole plan; ``checking`` while a file's hash is being computed."""

    file: str
    done: int
    total: int
    checking: bool = False


Tell = Callable[[Progress], None]
"""Hears of every piece; may raise to stop, and the next download goes on from there."""


def planned(text: str) -> Plan:
    """What fetching a name or address would take; HubError when the hub has no such model."""
    from huggingface_hub import constants

    hosts = {"huggingface.co", "hf.co", urlsplit(constants.ENDPOINT).hostname or ""}
    wish = wish_of(text, hosts)
    return _planned(wish, "model", lambda files: chosen(files, wish))


def planned_files(repository: str, kind: str, names: Sequence[str], what: str, place: Path) -> Plan:
    """What fetching these files of a repository would take; HubError says where to put them."""
    try:
        return _planned(
            Wish(repository), kind, lambda files: tuple(f for f in files if f.name in names),
            lists=False,
        )  # fmt: skip
    except HubError as error:
        why = str(error).partition(";")[0].rstrip(".")
        raise HubError(f"{why}; put {' and '.join(names)} ({what}) into {place}.") from error


def _planned(
    wish: Wish,
    kind: str,
    choose: Callable[[Sequence[HubFile]], tuple[HubFile, ...]],
    *,
    lists: bool = True,
) -> Plan:
    from huggingface_hub import HfApi

    with _sentences(wish.repository):
        info: Any = HfApi().repo_info(
            wish.repository, revision=wish.revision, repo_type=kind, files_metadata=True
        )
    files = [
        HubFile(
            name=item.rfilename,
            nbytes=int(item.size or 0),
            sha256=item.lfs.sha256 if item.lfs else None,
            blob=item.blob_id,
        )
        for item in info.siblings or ()
    ]
    needed = choose(files)
    if not needed:
        raise HubError(f"{wish.repository} has none of the files that are needed.")
    return Plan(
        name=wish.repository,
        revision=str(info.sha),
        licence=_licence(info),
        files=needed,
        kind=kind,
        lists=lists,
    )


def _licence(info: Any) -> str:
    told = getattr(info.card_data, "license", None) if info.card_data else None
    name = getattr(info.card_data, "license_name", None) if info.card_data else None
    tags = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    found = name if told in (None, "other") and name else told or (tags[0] if tags else None)
    text = ", ".join(found) if isinstance(found, list) else found
    gate = " (asks for consent on its page)" if info.gated else ""
    return f"{text or 'not stated'}{gate}"


def remaining(plan: Plan, folder: Path) -> int:
    """Bytes of a plan that are not in ``folder`` yet."""
    return plan.nbytes - sum(_have(folder, file) for file in plan.files)


def fetch(plan: Plan, folder: Path, tell: Tell) -> None:
    """Fetch what is missing into ``folder`` and check it; HubError, with what arrived kept.

    A file appears under its own name only when it is whole and its hash is the published one.
    """
    missing = remaining(plan, folder)
    _check_room(plan, folder, missing)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_receipt(plan, folder)
    except OSError as error:
        raise HubError(f"“{folder}” cannot be written: {error.strerror}.") from error
    before = 0
    for file in plan.files:
        if not _is_there(folder, file):
            _fetch_one(plan, file, folder, before, tell)
        before += file.nbytes
        tell(Progress(file=file.name, done=before, total=plan.nbytes))


def _fetch_one(plan: Plan, file: HubFile, folder: Path, before: int, tell: Tell) -> None:
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, logging

    logging.set_verbosity_error()  # what goes wrong is said once, by the sentence
    constants.DOWNLOAD_CHUNK_SIZE = _PIECE  # what a cut connection loses, and how often it is told
    partial = _partial(folder, file)
    url = hf_hub_url(plan.name, file.name, repo_type=plan.kind, revision=plan.revision)

    def count(done: int) -> None:
        tell(Progress(file=file.name, done=before + done, total=plan.nbytes))

    with _sentences(plan.name, folder), _opened(partial) as stream:
        have = stream.tell()
        if have > file.nbytes:
            stream.seek(0)
            stream.truncate()
            have = 0
        http_get(
            url,
            cast(BinaryIO, _Counted(stream, count)),
            resume_size=have,
            headers=build_hf_headers(),
            expected_size=file.nbytes,
            displayed_filename=file.name,
        )
    tell(Progress(file=file.name, done=before + file.nbytes, total=plan.nbytes, checking=True))
    if not _is_as_published(partial, file):
        partial.unlink()
        raise HubError(
            f"{file.name} of {plan.name} did not arrive as published (its hash differs) and was "
            "deleted; fetch it again."
        )
    os.replace(partial, folder / file.name)


class _Counted:
    """A file that says how far it is after every piece."""

    def __init__(self, stream: BinaryIO, tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell

    def write(self, piece: bytes) -> int:
        written = self._stream.write(piece)
        self._stream.flush()
        self._tell(self._stream.tell())
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _opened(partial: Path) -> Iterator[BinaryIO]:
    """A file to go on writing, at its end."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.touch()
    with partial.open("r+b") as stream:
        stream.seek(0, os.SEEK_END)
        yield stream


@contextlib.contextmanager
def _sentences(name: str, folder: Path | None = None) -> Iterator[None]:
    """Turns what the hub's library raises into one sentence."""
    from huggingface_hub import errors

    page = f"https://huggingface.co/{name}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise HubError(
            f"{name} is given out only after consent: accept its licence on {page}, log in with "
            "“hf auth login”, then try again."
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise HubError(f"The hub has no model “{name}”; check the name on {page}.") from error
    except (errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise HubError(f"{name} has no such state or file any more; look on {page}.") from error
    except errors.OfflineModeIsEnabled as error:
        raise HubError(_offline("HF_HUB_OFFLINE forbids the hub", name, page)) from error
    except errors.HfHubHTTPError as error:
        raise HubError(
            f"The hub refuses {name} ({_first_line(error)}); try again later."
        ) from error
    except (errors.HTTPError, ConnectionError, TimeoutError) as error:
        raise HubError(_offline("The hub cannot be reached", name, page)) from error
    except OSError as error:
        if error.errno == errno.ENOSPC and folder is not None:
            raise HubError(
                f"The disk is full: make room on the disk of “{folder}”, then go on."
            ) from error
        if error.errno is None:  # the hub's library says so of a size that does not fit
            raise HubError(f"{name} arrived incomplete; try again.") from error
        raise HubError(f"The download cannot be written: {error.strerror}.") from error


def _offline(why: str, name: str, page: str) -> str:
    return (
        f"{why}; go on when the network is back, or download the files of {name} on another "
        f"computer from {page}/tree/main into one folder and add that folder."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200] or type(error).__name__


def _check_room(plan: Plan, folder: Path, missing: int) -> None:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if missing + _SPARE > free:
        raise HubError(
            f"{plan.name} needs {shown_size(missing)} more, and the disk of “{there}” has only "
            f"{shown_size(free)} free; make room first."
        )


def shown_size(nbytes: float) -> str:
    """A size as file managers show it: 512 MB, 4.3 GB."""
    for unit in ("B", "kB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.0f} {unit}"
        nbytes /= 1000
    return f"{nbytes:.1f} GB"


def _write_receipt(plan: Plan, folder: Path) -> None:
    temporary = folder / (RECEIPT + ".new")
    temporary.write_text(json.dumps(plan.record(), indent=1), "utf-8")
    os.replace(temporary, folder / RECEIPT)


def read_receipt(folder: Path) -> Plan | None:
    """The plan of a download, finished or not; None where there is none."""
    try:
        return Plan.of(json.loads((folder / RECEIPT).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def unfinished(downloads: Path) -> list[Plan]:
    """The downloads that were begun and not ended."""
    plans = (read_receipt(receipt.parent) for receipt in sorted(downloads.glob(f"*/{RECEIPT}")))
    return [
        plan
        for plan in plans
        if plan is not None
        and not all(_is_there(downloads / plan.folder, file) for file in plan.files)
    ]


def _partial(folder: Path, file: HubFile) -> Path:
    whole = folder / file.name
    return whole.with_name(whole.name + _PARTIAL)


def _is_there(folder: Path, file: HubFile) -> bool:
    try:
        return (folder / file.name).stat().st_size == file.nbytes
    except OSError:
        return False


def _have(folder: Path, file: HubFile) -> int:
    if _is_there(folder, file):
        return file.nbytes
    try:
        return min(_partial(folder, file).stat().st_size, file.nbytes)
    except OSError:
        return 0


def _is_as_published(path: Path, file: HubFile) -> bool:
    with path.open("rb") as stream:
        if file.sha256:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        if file.blob is None:
            return True
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        while piece := stream.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest() == file.blob
