"""Which kind of file a checkpoint is, told by its content: extensions are not believed."""

import zipfile
import zlib
from enum import Enum, auto
from pathlib import Path

from studio.engine.checkpoints.error import CheckpointError

LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number that torch.save wrote first until 2020."""

DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What reading a damaged zip may raise."""

_MAX_HEADER = 100 * 2**20

_FOREIGN = (
    (b"GGUF", "is a GGUF file, which the studio does not read; get the .safetensors instead."),
    (b"\x89HDF", "is an HDF5 file of another program; get the .safetensors or .ckpt instead."),
    (b"\x89PNG", "is a picture and no checkpoint."),
    (b"\xff\xd8\xff", "is a picture and no checkpoint."),
    (b"\x1f\x8b", "is a compressed archive; unpack it first."),
    (b"7z\xbc\xaf", "is a compressed archive; unpack it first."),
    (b"Rar!", "is a compressed archive; unpack it first."),
    (b"<", "is a web page saved under a checkpoint's name; download it again."),
    (b"version https://git-lfs", "is a pointer to a Git LFS file; download the file itself."),
)


class Container(Enum):
    """How the tensors lie in a file."""

    SAFETENSORS = auto()
    TORCH_ZIP = auto()
    TORCH_LEGACY = auto()
    PACK = auto()
    """A zip of files, a checkpoint among them."""


CHECKPOINT_SUFFIXES = (".ckpt", ".safetensors", ".pt", ".pth")


def container_of(path: Path) -> Container:
    """Looks at the first bytes and, in a zip, at the names; raises CheckpointError for all else."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
        size = path.stat().st_size
    except FileNotFoundError:
        raise CheckpointError(f"There is no file {path.name} in {path.parent}.") from None
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error.strerror}.") from error
    if not start:
        raise CheckpointError(f"{path.name} is empty; download it again.")
    if start[:4] == b"PK\x03\x04":
        return _zip_container(path)
    if start.startswith(LEGACY_MAGIC):
        return Container.TORCH_LEGACY
    header = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and 2 <= header <= _MAX_HEADER:
        if 8 + header > size:
            raise CheckpointError(f"{path.name} ends too early; download it again.")
        return Container.SAFETENSORS
    for beginning, sentence in _FOREIGN:
        if start.lstrip().startswith(beginning):
            raise CheckpointError(f"{path.name} {sentence}")
    if start[257:262] == b"ustar":
        raise CheckpointError(f"{path.name} is an archive; unpack it first.")
    if start[:1] == b"\x80":
        raise CheckpointError(
            f"{path.name} is a pickle that was not saved as weights; the studio reads none of it."
        )
    raise CheckpointError(
        f"{path.name} is neither a safetensors file nor a PyTorch checkpoint, whatever its name."
    )


def _zip_container(path: Path) -> Container:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except DAMAGES as error:
        raise CheckpointError(
            f"{path.name} is damaged or ends too early; download it again."
        ) from error
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        raise CheckpointError(
            f"{path.name} is a TorchScript program and not weights alone: the studio runs no code "
            "from files; get the .safetensors instead."
        )
    if "data.pkl" in inner:
        return Container.TORCH_ZIP
    if any(name.lower().endswith(CHECKPOINT_SUFFIXES) for name in names):
        return Container.PACK
    raise CheckpointError(f"{path.name} is a zip archive of other files, without a checkpoint.")
