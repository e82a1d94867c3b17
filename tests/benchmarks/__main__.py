"""``make bench``: every figure, one line each."""

import argparse
import os

from studio.cli import share_processors
from studio.contract.catalog import DEFAULT_MODEL
from studio.contract.upscaling import DEFAULT_UPSCALER
from tests.benchmarks import pictures
from tests.benchmarks.opening import window
from tests.benchmarks.painting import cold_start, loop_and_previews
from tests.benchmarks.table import show
from tests.benchmarks.upscaling import upscaling
from tests.real_window import VirtualDisplay


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast this machine paints.")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="a model's name or folder")
    parser.add_argument("--upscaler", default=DEFAULT_UPSCALER, help="a model's name or folder")
    parser.add_argument("--runs", type=int, default=5, help="of every figure; else 5")
    parser.add_argument(
        "--full-size", action="store_true", help="also Stable Diffusion 1.5's size: 2 GiB of disk"
    )
    arguments = parser.parse_args()
    share_processors()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; 256x256, default settings")
    show(cold_start(arguments.model, arguments.runs))
    show(loop_and_previews(arguments.model, arguments.runs))
    if arguments.full_size:
        from tests.benchmarks.published import full_size  # imports diffusers, too

        show(full_size())
    show(upscaling(arguments.upscaler, min(arguments.runs, 3)))
    show(pictures.figures())
    display = VirtualDisplay()
    try:
        show(window(arguments.model, arguments.runs, count=4, display=display))
    finally:
        display.close()


if __name__ == "__main__":
    main()
