"""Label maps lose specks and keep regions."""

import torch

from studio.worlds.regions import without_specks


def test_a_speck_takes_the_label_around_it() -> None:
    labels = torch.full((1, 16, 16), 7)
    labels[0, 8, 8] = 3
    assert (without_specks(labels) == 7).all()


def test_straight_borders_stay() -> None:
    labels = torch.zeros(2, 16, 24, dtype=torch.int64)
    labels[:, 8:] = 124
    labels[1, :, 12:] = 60
    kept = without_specks(labels)
    assert torch.equal(kept[0], labels[0])
    assert (kept[1] != labels[1]).sum() <= 4  # the corner where three labels meet


def test_invents_no_label() -> None:
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(0, 5, (2, 32, 32), generator=generator) * 30
    assert set(without_specks(labels).unique().tolist()) <= {0, 30, 60, 90, 120}


def test_pictures_of_a_batch_do_not_meet() -> None:
    one = torch.full((1, 8, 8), 4)
    other = torch.full((1, 8, 8), 9)
    both = without_specks(torch.cat([one, other]))
    assert torch.equal(both, torch.cat([one, other]))
