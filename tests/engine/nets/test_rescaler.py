"""The condition stages for label maps and classes."""

import torch
import torch.nn.functional as F

from studio.engine.nets.class_embedder import ClassEmbedder
from studio.engine.nets.rescaler import SpatialRescaler
from tests.engine.nets.comparison import noise, relative_error


def test_two_stages_are_the_mean_of_4x4_cells() -> None:
    net = SpatialRescaler(2, 5, 3)
    one_hot = F.one_hot(torch.randint(0, 5, (2, 16, 24)), 5).permute(0, 3, 1, 2).float()
    expected = torch.einsum(
        "oc,bchw->bohw", net.channel_mapper.weight[:, :, 0, 0], F.avg_pool2d(one_hot, 4)
    )
    assert relative_error(net(one_hot), expected) < 1e-5


def test_bias_is_an_option() -> None:
    assert SpatialRescaler(1, 5, 3).channel_mapper.bias is None
    assert SpatialRescaler(1, 5, 3, bias=True)(noise(1, 5, 4, 4)).shape == (1, 3, 2, 2)


def test_a_class_is_a_context_of_one_token() -> None:
    net = ClassEmbedder(10, 8)
    context = net(torch.tensor([3, 9]))
    assert context.shape == (2, 1, 8)
    assert torch.equal(context[1, 0], net.embedding.weight[9])
