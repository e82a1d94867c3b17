"""LoRA files of every naming: merged as diffusers merges them, and gone without a trace."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.lora.merging import merge
from studio.engine.lora.reading import read_lora
from tests.engine.nets.comparison import noise, relative_error

RANK = 3
T = torch.tensor([981.0])


def networks(model: Any) -> dict[str, nn.Module]:
    return {"unet": model.unet, "text": model.conditioner}


def changed(network: nn.Module, pattern: str, seed: int) -> dict[str, dict[str, Tensor]]:
    """Random halves for diffusers' layers whose names fit."""
    made = {}
    for number, (name, layer) in enumerate(network.named_modules()):
        if not re.search(pattern, name) or not isinstance(layer, nn.Linear | nn.Conv2d):
            continue
        down_shape = (RANK, *layer.weight.shape[1:])
        up_shape = (len(layer.weight), RANK, *(1 for _ in layer.weight.shape[2:]))
        made[name] = {
            "down": 0.3 * noise(*down_shape, seed=seed + number),
            "up": 0.3 * noise(*up_shape, seed=seed + 500 + number),
            "alpha": torch.tensor(2.0),
        }
    assert made
    return made


ATTENTION = r"attn[12]\.to_(q|k|v|out\.0)$"


def kohya(unet: Mapping[str, Any], text: Mapping[str, Any]) -> dict[str, Tensor]:
    tensors = {}
    for prefix, layers in (("lora_unet_", unet), ("lora_te_", text)):
        for name, parts in layers.items():
            flat = prefix + name.replace(".", "_")
            tensors |= {f"{flat}.lora_down.weight": parts["down"],
                        f"{flat}.lora_up.weight": parts["up"],
                        f"{flat}.alpha": parts["alpha"]}  # fmt: skip
    return tensors


def peft(unet: Mapping[str, Any], text: Mapping[str, Any]) -> dict[str, Tensor]:
    tensors = {}
    for prefix, layers in (("unet.", unet), ("text_encoder.", text)):
        for name, parts in layers.items():
            scale = parts["alpha"] / RANK  # these files hold no alpha of their own
            tensors |= {f"{prefix}{name}.lora_A.weight": parts["down"],
                        f"{prefix}{name}.lora_B.weight": parts["up"] * scale}  # fmt: skip
    return tensors


def processors(unet: Mapping[str, Any], text: Mapping[str, Any]) -> dict[str, Tensor]:
    """diffusers' oldest naming."""
    tensors = {}
    for name, parts in unet.items():
        block, _, layer = name.removesuffix(".0").rpartition(".")
        place, scale = f"unet.{block}.processor.{layer}_lora", parts["alpha"] / RANK
        tensors |= {
            f"{place}.down.weight": parts["down"],
            f"{place}.up.weight": parts["up"] * scale,
        }
    for name, parts in text.items():
        place, scale = f"text_encoder.{name}.lora_linear_layer", parts["alpha"] / RANK
        tensors |= {
            f"{place}.down.weight": parts["down"],
            f"{place}.up.weight": parts["up"] * scale,
        }
    return tensors


def text_layers(pipeline: Any) -> dict[str, dict[str, Tensor]]:
    made = changed(pipeline.text_encoder, r"(self_attn\.(q|k|v|out)_proj|mlp\.fc1)$", 40)
    return {
        name if name.startswith("text_model.") else f"text_model.{name}": parts
        for name, parts in made.items()
    }


@torch.no_grad()
@pytest.mark.parametrize("naming", [kohya, peft, processors])
def test_diffusers_merges_the_same(
    naming: Callable[..., dict[str, Tensor]], stable: tuple[Path, Any], model: Any, tmp_path: Path
) -> None:
    _, pipeline = stable
    unet, text = changed(pipeline.unet, ATTENTION, 7), text_layers(pipeline)
    if naming is processors:
        text = {name: parts for name, parts in text.items() if "mlp" not in name}
    save_file(
        {n: t.contiguous() for n, t in naming(unet, text).items()}, tmp_path / "x.safetensors"
    )
    x, context, ids = noise(1, 4, 8, 8), noise(1, 77, 64, seed=2), torch.randint(500, (1, 77))
    plain = model.unet(x, T, context)
    pipeline.load_lora_weights(tmp_path, weight_name="x.safetensors")
    pipeline.fuse_lora(lora_scale=0.7)
    expected = pipeline.unet(x, T, context).sample
    states = pipeline.text_encoder(ids).last_hidden_state
    pipeline.unfuse_lora()
    pipeline.unload_lora_weights()
    change = merge(networks(model), [(read_lora(tmp_path / "x.safetensors"), 0.7)])
    with change.applied():
        ours, encoded = model.unet(x, T, context), model.conditioner(ids)
    assert change.notices == ()
    assert relative_error(expected, plain) > 0.05
    assert relative_error(ours, expected) < 1e-4
    assert relative_error(encoded, states) < 1e-4


@torch.no_grad()
def test_convolutions_and_two_files_by_hand(
    stable: tuple[Path, Any], model: Any, tmp_path: Path
) -> None:
    """LoCon's 3x3 layers, one of them with a middle, and a linear layer that both files change."""
    down, mid, up = noise(2, 32, 1, 1), noise(2, 2, 3, 3, seed=2), noise(32, 2, 1, 1, seed=3)
    name = "lora_unet_down_blocks_0_resnets_1_conv1"
    save_file({f"{name}.lora_down.weight": down, f"{name}.lora_mid.weight": mid,
               f"{name}.lora_up.weight": up, f"{name}.alpha": torch.tensor(4.0),
               "lora_unet_input_blocks_1_1_proj_in.lora_down.weight": noise(2, 32),
               "lora_unet_input_blocks_1_1_proj_in.lora_up.weight": noise(32, 2, seed=5),
               }, tmp_path / "a.safetensors")  # fmt: skip
    wide = noise(2, 32, 3, 3, seed=6)
    save_file({f"{name}.lora_down.weight": wide, f"{name}.lora_up.weight": up,
               "lora_unet_down_blocks_9_x.lora_down.weight": noise(2, 3),
               "lora_unet_down_blocks_9_x.lora_up.weight": noise(3, 2),
               }, tmp_path / "b.safetensors")  # fmt: skip
    layer = model.unet.input_blocks[2][0].in_layers[2]
    before = layer.weight
    first = torch.einsum("or,rskl,si->oikl", up[..., 0, 0], mid, down[..., 0, 0]) * 2
    second = torch.einsum("or,rikl->oikl", up[..., 0, 0], wide)
    files = [
        (read_lora(tmp_path / f"{letter}.safetensors"), w) for letter, w in (("a", 0.5), ("b", -2))
    ]
    change = merge(networks(model), files)
    with change.applied():
        assert relative_error(layer.weight, before + 0.5 * first - 2 * second) < 1e-6
        proj = model.unet.input_blocks[1][1].proj_in.weight
        assert proj.shape == (32, 32, 1, 1)
    assert change.notices == (
        "b.safetensors changes layers that this model does not have: lora_unet_down_blocks_9_x.",
    )
    assert layer.weight is before


def test_nothing_is_left_after_an_error(
    stable: tuple[Path, Any], model: Any, tmp_path: Path
) -> None:
    _, pipeline = stable
    save_file(kohya(changed(pipeline.unet, ATTENTION, 7), {}), tmp_path / "x.safetensors")
    before = {name: (part, part.clone()) for name, part in model.unet.named_parameters()}
    with (
        pytest.raises(KeyError),
        merge(networks(model), [(read_lora(tmp_path / "x.safetensors"), 1.0)]).applied(),
    ):
        raise KeyError
    after = dict(model.unet.named_parameters())
    assert all(
        after[name] is part and torch.equal(part, copy) for name, (part, copy) in before.items()
    )


def test_what_peft_says_of_alpha(tmp_path: Path) -> None:
    halves = {
        f"unet.{name}.lora_{half}.weight": noise(4, 4) for name in ("a.q", "a.k") for half in "AB"
    }
    told = {"unet.lora_alpha": 8, "unet.r": 4, "unet.alpha_pattern": {"k": 2}}
    save_file(halves, tmp_path / "x.safetensors", {"lora_adapter_metadata": json.dumps(told)})
    layers = read_lora(tmp_path / "x.safetensors").layers
    assert [layers[name].scale for name in ("unet.a.q", "unet.a.k")] == [2.0, 0.5]
    plain = {name.removeprefix("unet."): half for name, half in halves.items()}
    save_file(plain, tmp_path / "adapter_model.safetensors")
    assert read_lora(tmp_path / "adapter_model.safetensors").layers["a.q"].scale == 1.0
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 8, "use_rslora": true}')
    assert read_lora(tmp_path / "adapter_model.safetensors").layers["a.q"].scale == 4.0


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"lora_unet_x.hada_w1_a": noise(2, 2)}, "is a LoHa file"),
        ({"lora_unet_x.dora_scale": noise(2, 2)}, "is a DoRA file"),
        ({"lora_unet_x.lora_down.weight": noise(2, 2)}, "lacks one half of lora_unet_x"),
        ({"lora_unet_x.lora_up.weight": noise(2, 2) / 0}, "not finite"),
        ({"model.weight": noise(2, 2)}, "is no LoRA file"),
    ],
)
def test_other_files_are_named(tensors: dict[str, Tensor], words: str, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match=words):
        read_lora(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("name", "width", "words"),
    [
        ("lora_te2_x", 4, "was made for another kind of model"),
        ("lora_unet_down_blocks_0_attentions_0_proj_in", 7, "has 32 x 7 values, and the layer has"),
    ],
)
def test_files_for_other_models(
    name: str, width: int, words: str, model: Any, tmp_path: Path
) -> None:
    halves = {f"{name}.lora_down.weight": noise(2, width), f"{name}.lora_up.weight": noise(32, 2)}
    save_file(halves, tmp_path / "x.safetensors")
    before = list(model.unet.parameters())
    with pytest.raises(CheckpointError, match=words):
        merge(networks(model), [(read_lora(tmp_path / "x.safetensors"), 1.0)])
    assert all(a is b for a, b in zip(before, model.unet.parameters(), strict=True))
