"""The codebook: nearest rows, straight-through gradient, commitment."""

import pytest
import torch

from studio.engine.nets import quantiser
from studio.engine.nets.quantiser import VectorQuantiser
from tests.engine.nets.comparison import noise


@pytest.fixture
def codebook() -> VectorQuantiser:
    net = VectorQuantiser(4, 2)
    rows = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    net.embedding.weight.data.copy_(rows)
    return net


def cells(*values: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).T.reshape(1, 2, 1, -1)


def test_nearest_row_the_first_on_ties(codebook: VectorQuantiser) -> None:
    z = cells((0.1, 0.2), (0.9, 0.3), (0.2, 5.0))
    found = codebook(z)
    assert found.indices.tolist() == [[[0, 1, 2]]]  # row 3 equals row 1
    assert torch.allclose(found.latent, cells((0, 0), (1, 0), (0, 1)), atol=1e-6)
    assert torch.equal(codebook.lookup(found.indices), cells((0, 0), (1, 0), (0, 1)))


def test_gradient_passes_straight_through(codebook: VectorQuantiser) -> None:
    z = cells((0.1, 0.2), (0.9, 0.3)).requires_grad_()
    weights = noise(1, 2, 1, 2)
    (codebook(z).latent * weights).sum().backward()
    assert z.grad is not None
    assert torch.equal(z.grad, weights)
    assert codebook.embedding.weight.grad is None


@pytest.mark.parametrize(("legacy", "on_z", "on_rows"), [(True, 1, 0.25), (False, 0.25, 1)])
def test_commitment(legacy: bool, on_z: float, on_rows: float) -> None:
    net = VectorQuantiser(2, 2, legacy=legacy)
    net.embedding.weight.data.copy_(torch.tensor([[0.0, 0.0], [9.0, 9.0]]))
    z = cells((2.0, 0.0)).requires_grad_()
    loss = net(z).loss
    assert loss.item() == pytest.approx(1.25 * 2)  # mean over two channels of 2 squared
    loss.backward()
    assert z.grad is not None
    assert z.grad.flatten().tolist() == pytest.approx([2 * on_z, 0])
    assert net.embedding.weight.grad is not None
    assert net.embedding.weight.grad.flatten().tolist() == pytest.approx([-2 * on_rows, 0, 0, 0])


def test_codebook_starts_small() -> None:
    weight = VectorQuantiser(64, 8).embedding.weight.detach()
    assert weight.abs().max() <= 1 / 64
    assert weight.std().item() == pytest.approx(1 / 64 / 3**0.5, rel=0.1)


def test_searching_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net = VectorQuantiser(50, 3)
    torch.nn.init.normal_(net.embedding.weight)
    z = noise(2, 3, 5, 7)
    at_once = net.nearest(z)
    monkeypatch.setattr(quantiser, "_ROWS", 8)
    assert torch.equal(net.nearest(z), at_once)
    brute = torch.cdist(z.permute(0, 2, 3, 1).reshape(-1, 3), net.embedding.weight).argmin(1)
    assert torch.equal(at_once.flatten(), brute)


def test_half_latents_are_searched_in_float32() -> None:
    net = VectorQuantiser(2, 1)
    net.embedding.weight.data.copy_(torch.tensor([[1000.0], [1001.0]]))
    z = torch.full((1, 1, 1, 1), 1001.0, dtype=torch.float16)  # its square overflows float16
    found = net(z)
    assert found.indices.item() == 1
    assert found.latent.dtype == torch.float16
