"""Joint training of all exits: minimizes the weighted sum of their cross entropies (BranchyNet)."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from trainer.idx import Split


@dataclass(frozen=True)
class Recipe:
    """All that decides the weights, apart from the data and the structure."""

    epochs: int
    exit_weights: tuple[float, ...]  # one per exit, in the order a sample meets them
    shift: int  # images are moved by up to so many pixels each way
    flip: bool  # and mirrored left to right, every second one
    seed: int = 1
    batch: int = 128
    learning_rate: float = 5e-3
    weight_decay: float = 0.02  # at 1e-4 weights grow and int8 costs 0.2 points of accuracy


class Augmenter:
    """Random shifts and mirror images of whole batches, by one gather."""

    def __init__(self, images: np.ndarray, recipe: Recipe, generator: torch.Generator):
        margin = recipe.shift
        self._padded = torch.from_numpy(np.pad(images, ((0, 0), (margin, margin), (margin, margin))))
        self._rows = torch.arange(images.shape[1])[None, :, None]
        self._columns = torch.arange(images.shape[2])[None, None, :]
        self._recipe = recipe
        self._generator = generator

    def batch(self, samples: torch.Tensor) -> torch.Tensor:
        """Pixels in 0..1, [sample, 1, row, column]."""
        rows = self._rows + self._draw(2 * self._recipe.shift + 1, samples)
        columns = self._columns + self._draw(2 * self._recipe.shift + 1, samples)
        if self._recipe.flip:
            mirrored = self._draw(2, samples).bool()
            columns = torch.where(mirrored, self._padded.shape[2] - 1 - columns, columns)
        return to_pixels(self._padded[samples[:, None, None], rows, columns])

    def _draw(self, count: int, samples: torch.Tensor) -> torch.Tensor:
        return torch.randint(count, (len(samples), 1, 1), generator=self._generator)


def to_pixels(images: torch.Tensor) -> torch.Tensor:
    """Raw bytes to the float input of the network: no mean is taken off, so zero padding is raw 0."""
    return images[:, None].float() / 255


def fit(model: nn.Module, train: Split, recipe: Recipe) -> None:
    generator = torch.Generator().manual_seed(recipe.seed)
    augmenter = Augmenter(train.images, recipe, generator)
    labels = torch.from_numpy(train.labels.astype(np.int64))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    batches = len(labels) // recipe.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * batches)
    started = time.monotonic()
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(labels), generator=generator)
        total = 0.0
        for step in range(batches):
            samples = order[step * recipe.batch : (step + 1) * recipe.batch]
            outputs = model(augmenter.batch(samples))
            losses = [F.cross_entropy(logits, labels[samples]) for logits in outputs]
            loss = sum(weight * part for weight, part in zip(recipe.exit_weights, losses, strict=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.monotonic() - started
        print(f"epoch {epoch + 1:2d}/{recipe.epochs}  loss {total / batches:.4f}  {seconds:.0f} s", flush=True)
