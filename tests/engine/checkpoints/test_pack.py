"""Model packs: unpacked whole into a new folder, or nothing at all."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.pack import unpack_model_pack


def unpack(archive: Path, parent: Path) -> Path:
    unpacking = unpack_model_pack(archive, parent)
    while True:
        try:
            assert 0 <= next(unpacking) <= 1
        except StopIteration as done:
            return done.value


GOOD = [("model.ckpt", b"weights" * 100), ("config.yaml", b"model: {}"), ("tokenizer/v.txt", b"a")]


def packed(path: Path, entries: list, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return path


def link(name: str, kind: int = stat.S_IFLNK) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def test_a_pack_becomes_a_folder(tmp_path: Path) -> None:
    archive = packed(tmp_path / "cin.zip", [("tokenizer/", b""), *GOOD])
    folder = unpack(archive, tmp_path / "models")
    assert folder == tmp_path / "models" / "cin"
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    assert files == dict(GOOD)
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["cin"]
    with pytest.raises(CheckpointError, match="already a folder cin"):
        unpack(archive, tmp_path / "models")


BAD_NAMES = ["../out", "a/../../out", "/tmp/out", "C:/out", "C:out", "..\\out", "a\\..\\out", "./x",
             "a//b", "nul", "aux.txt", "dot.", "space ", "new\nline", "a/\x00b", "x" * 300, "..",
             "\u202eckpt", "a/./b", "//server/share", "COM1", "file:stream"]  # fmt: skip
HOSTILE = [
    *([("model.ckpt", b"x"), (name, b"out")] for name in BAD_NAMES),
    [(link("here"), "/etc"), ("here/passwd", b"x")],
    [(link("model.ckpt"), "../../secret")],
    [(link("pipe", stat.S_IFIFO), "")],
    [(link("device", stat.S_IFCHR), "")],
    [("Model.ckpt", b"a"), ("model.CKPT", b"b")],
    [("tokenizer/a", b"a"), ("Tokenizer", b"b")],
    [("a", b"a"), ("a/b", b"b")],
    [("a/b", b"b"), ("A", b"a")],
    [("ﬁle", b"a"), ("file", b"b")],
    [("é", b"a"), ("e\u0301", b"b")],
    [("zeros", b"\0" * (2 * 2**20))],
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_pack_writes_nothing(tmp_path: Path, number: int) -> None:
    archive = tmp_path / "pack.zip"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as writing:
        for entry, content in HOSTILE[number]:
            if isinstance(entry, str) and "\0" in entry:  # the library would cut it there
                entry = entry.replace("\0", "\x01")
            writing.writestr(entry, content)
    archive.write_bytes(raw.getvalue())
    with pytest.raises(CheckpointError, match=r"pack\.zip"):
        unpack(archive, tmp_path / "inner" / "models")
    assert list((tmp_path / "inner" / "models").iterdir()) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["inner", "pack.zip"]
    assert sorted(p.name for p in (tmp_path / "inner").iterdir()) == ["models"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_and_shared_content_are_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "twice.zip", [("a", b"1"), ("a", b"2")])
    with pytest.raises(CheckpointError, match="two files have the name “a”"):
        unpack(archive, tmp_path / "models")
    with zipfile.ZipFile(tmp_path / "shared.zip", "w") as writing:
        writing.writestr("a", b"x" * 5000)
        (info,) = writing.infolist()
        for number in range(20):  # one stretch of the file under twenty names
            again = zipfile.ZipInfo(f"b{number}")
            for name in ("header_offset", "CRC", "compress_size", "file_size"):
                setattr(again, name, getattr(info, name))
            writing.filelist.append(again)
    with pytest.raises(CheckpointError, match="share their content"):
        unpack(tmp_path / "shared.zip", tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("cut", [10, 300, -30])
def test_a_cut_pack_is_damaged(tmp_path: Path, cut: int) -> None:
    archive = packed(tmp_path / "cut.zip", GOOD)
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match="damaged"):
        unpack(archive, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_changed_content_is_noticed(tmp_path: Path) -> None:
    archive = packed(tmp_path / "bad.zip", GOOD, zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    content[content.index(b"weights")] ^= 1
    archive.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="damaged"):
        unpack(archive, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []
