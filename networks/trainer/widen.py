"""Makes a wide network of a trained narrow one that computes the same (Net2Net's Net2WiderNet).

Every channel of the narrow network appears several times in the wide one. Whatever reads the channel reads all its
copies, with its weight split among them. The split is random and differs for each reader: so the copies are asked for
different things from the first step on and do not stay copies.
"""

import torch

from trainer.twin import Twin


def widen(narrow: Twin, wide: Twin, seed: int) -> None:
    """Sets the weights of `wide`, a network of the same layers whose channel counts are whole multiples."""
    generator = torch.Generator().manual_seed(seed)
    source = narrow.state_dict()
    result = wide.state_dict()
    for name, target in result.items():
        tensor = source[name]
        if target.ndim > 0:
            tensor = tensor[torch.arange(len(target)) % len(tensor)]
        if target.ndim > 1 and target.shape[1] != tensor.shape[1]:
            tensor = _split_inputs(tensor, target.shape[1] // tensor.shape[1], generator)
        result[name] = tensor
    wide.load_state_dict(result)


def _split_inputs(weight: torch.Tensor, copies: int, generator: torch.Generator) -> torch.Tensor:
    """Input channels repeated so many times; the weights of the copies sum to the original's."""
    shares = torch.rand((copies, *weight.shape[:2]), generator=generator) + 0.5
    shares = shares / shares.sum(0)
    shares = shares.reshape(*shares.shape, *[1] * (weight.ndim - 2))
    return torch.cat([weight * share for share in shares], dim=1)
