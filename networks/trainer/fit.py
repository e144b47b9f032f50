"""Joint training of all exits: minimizes the weighted sum of their cross entropies (BranchyNet)."""

import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from trainer.augment import Augmenter
from trainer.dataset import Split
from trainer.recipe import Recipe

_WARM_UP = 0.2  # of the steps, with sgd


class CheckpointError(Exception):
    """Training cannot go on from a checkpoint; the message says why."""


def fit(model: nn.Module, train: Split, recipe: Recipe, checkpoint: Path | None = None) -> None:
    """With a checkpoint file the state is kept after every epoch, and training goes on from what is there."""
    generator = torch.Generator().manual_seed(recipe.seed)
    augmenter = Augmenter(train.images, recipe.shift, recipe.flip, generator)
    labels = torch.from_numpy(train.labels.astype(np.int64))
    batches = len(labels) // recipe.batch
    optimizer, schedule = _optimizer(model, recipe, recipe.epochs * batches)
    state = {"model": model, "optimizer": optimizer, "schedule": schedule}
    done = _resume(checkpoint, state, generator, recipe)
    started = time.monotonic()
    model.train()
    for epoch in range(done, recipe.epochs):
        order = torch.randperm(len(labels), generator=generator)
        total = 0.0
        for step in range(batches):
            samples = order[step * recipe.batch : (step + 1) * recipe.batch]
            pixels = augmenter.batch(samples)
            with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
                outputs = model(pixels)
            losses = [
                F.cross_entropy(logits.float(), labels[samples], label_smoothing=recipe.label_smoothing)
                for logits in outputs
            ]
            loss = sum(weight * part for weight, part in zip(recipe.exit_weights, losses, strict=True))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        _keep(checkpoint, state, generator, recipe, epoch + 1)
        seconds = time.monotonic() - started
        print(f"epoch {epoch + 1:2d}/{recipe.epochs}  loss {total / batches:.4f}  {seconds:.0f} s", flush=True)
    model.eval()


def _optimizer(model: nn.Module, recipe: Recipe, steps: int):
    if recipe.optimizer == "adamw":
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    groups = [  # biases and normalizations are not pulled to zero
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _one_cycle(step, steps))


def _one_cycle(step: int, steps: int) -> float:
    """The share of the learning rate at a step: up from 1/25 and down to 0, both along a cosine."""
    top = _WARM_UP * steps
    if step < top:
        return 0.04 + 0.96 * (0.5 - 0.5 * math.cos(math.pi * step / top))
    return 0.5 + 0.5 * math.cos(math.pi * (step - top) / (steps - top))


def _resume(checkpoint: Path | None, state: dict, generator: torch.Generator, recipe: Recipe) -> int:
    """The number of epochs that are done already."""
    if checkpoint is None or not checkpoint.exists():
        return 0
    kept = torch.load(checkpoint, weights_only=True)
    if kept["recipe"] != repr(recipe):
        raise CheckpointError(f"{checkpoint}: was made with another recipe, {kept['recipe']}; remove it to start anew")
    for name, part in state.items():
        part.load_state_dict(kept[name])
    generator.set_state(kept["generator"])
    return kept["epochs"]


def _keep(checkpoint: Path | None, state: dict, generator: torch.Generator, recipe: Recipe, epochs: int) -> None:
    if checkpoint is None:
        return
    kept = {name: part.state_dict() for name, part in state.items()}
    kept |= {"generator": generator.get_state(), "recipe": repr(recipe), "epochs": epochs}
    unfinished = checkpoint.with_name(checkpoint.name + ".tmp.new")
    torch.save(kept, unfinished)
    os.replace(unfinished, checkpoint)
