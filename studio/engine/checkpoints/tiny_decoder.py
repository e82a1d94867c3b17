"""A published tiny decoder (the TAESD layout) as tensors for the network."""

from pathlib import Path

from studio.engine.checkpoints.contents import Network
from studio.engine.checkpoints.reading import read_checkpoint
from studio.engine.checkpoints.source import Source, check_whole, gather
from studio.engine.nets.preview import TinyDecoder
from studio.engine.skeleton import skeleton


def open_tiny_decoder(path: Path) -> Network:
    """Its own numbered names, or diffusers', where the first layer, which has no values, has no
    number; values are not read yet. CheckpointError when it is something else.
    """
    tensors = read_checkpoint(path).tensors
    there = any(name.startswith("decoder.layers.") for name in tensors)
    with skeleton():
        module = TinyDecoder()
        sources = {name: Source((_name(name, there=there),)) for name in module.state_dict()}
        gathered = gather(module, sources, tensors)
    check_whole(gathered, path.name, "preview decoder")
    return Network(module=module, gathered=gathered)


def _name(name: str, *, there: bool) -> str:
    number, _, rest = name.partition(".")
    return f"decoder.layers.{int(number) - 1}.{rest}" if there else name
