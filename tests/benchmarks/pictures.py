"""Files of every kind, whole and broken: ``python -m tests.benchmarks.pictures``."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from studio.pictures.formats import BY_KEY_OUT, format_like
from studio.pictures.picture import PictureError
from studio.pictures.reader import PictureReader
from tests.benchmarks.table import Row, show
from tests.pictures.breaking import bombs, broken_files
from tests.pictures.corpus import write_corpus
from tests.pictures.round_trip import problems

GIGABYTE = 1e9


def round_trips(folder: Path) -> Iterator[Row]:
    """Every file of the corpus to its own format, and to all others in turn."""
    begun, wrong, count = time.monotonic(), 0, 0
    formats = list(BY_KEY_OUT)
    for number, case in enumerate(write_corpus(folder)):
        count += 1
        own = format_like(case.path.name.partition("-")[0]).key
        for format in {own, formats[number % len(formats)]}:
            if found := problems(case, format, folder):
                wrong += 1
                print(case.path.name, *found, sep="\n    ", flush=True)
    yield Row(
        what="files that lose something without a word",
        value=wrong,
        goal=0,
        unit="",
        note=f"of {count}, in {time.monotonic() - begun:.0f} s",
    )


def broken(folder: Path, count: int, seed: int) -> Iterator[Row]:
    """Broken copies of the corpus, read in a process of their own."""
    whole = [case.path for case in write_corpus(folder)]
    unclear = refused = 0
    longest = memory = 0.0
    with PictureReader() as reader:
        for path in broken_files(whole, folder, count, seed):
            begun = time.monotonic()
            try:
                reader.read(path)
            except PictureError as problem:
                refused += 1
                if path.name not in str(problem) or not str(problem).endswith("."):
                    unclear += 1
                    print(path.name, problem, sep="\n    ", flush=True)
                if "brings its decoder down" in str(problem) or "too long" in str(problem):
                    print(path.name, problem, sep="\n    ", flush=True)
            longest = max(longest, time.monotonic() - begun)
            memory = max(memory, reader.process.peak_memory)
    note = f"of {count}, {refused} refused, {count - refused} still pictures"
    yield Row(
        what="broken files without a clear sentence", value=unclear, goal=0, unit="", note=note
    )
    yield Row(what="the longest of them took", value=longest, goal=10, unit="s")
    yield Row(what="and the most memory", value=memory / GIGABYTE, goal=2, unit="GB")


def bombs_refused(folder: Path) -> Iterator[Row]:
    """Files that claim or unpack to gigabytes."""
    longest = 0.0
    with PictureReader() as reader:
        reader.probe(next(write_corpus(folder)).path)  # the process is there
        for name, data in bombs().items():
            path = folder / name
            path.write_bytes(data)
            begun = time.monotonic()
            try:
                reader.read(path)
            except PictureError:
                longest = max(longest, time.monotonic() - begun)
            else:
                longest = float("inf")
    yield Row(
        what="a decompression bomb is refused after",
        value=longest,
        goal=1,
        unit="s",
        note=f"longest of {len(bombs())}",
    )


def figures(broken_count: int = 2500, seed: int = 1) -> Iterator[Row]:
    """Everything that is measured here; minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from bombs_refused(folder)
        yield from round_trips(folder)
        yield from broken(folder, broken_count, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Read and write files of every kind.")
    parser.add_argument("--broken", type=int, default=2500, help="how many; else 2500")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    show(figures(arguments.broken, arguments.seed))


if __name__ == "__main__":
    main()
