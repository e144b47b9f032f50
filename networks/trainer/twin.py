"""A structure as a PyTorch module, for training and for comparing.

While training, a batch normalization may follow every convolution; `folded_weights` merges it into the weights, so that
the ONNX files hold plain convolutions. Names of the weights are the initializer names of the ONNX files.
"""

import torch
from torch import nn
from torch.nn import functional as F

from trainer.structure import INPUT, Add, Conv, Flatten, GlobalAverage, Linear, MaxPool, Relu, Structure, shapes
from trainer.weights import Weights

_NORM = "_norm"


class Twin(nn.Module):
    def __init__(self, structure: Structure, normalized: bool):
        super().__init__()
        self.structure = structure
        self.normalized = normalized
        known = shapes(structure)
        for layer in structure.weighted():
            inputs = known[layer.source][0]
            if isinstance(layer, Linear):
                self.add_module(layer.name, nn.Linear(inputs, layer.features))
                continue
            window = {"stride": layer.stride, "padding": layer.pad}
            self.add_module(layer.name, nn.Conv2d(inputs, layer.channels, layer.kernel, bias=not normalized, **window))
            if normalized:
                self.add_module(layer.name + _NORM, nn.BatchNorm2d(layer.channels))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The logits of all exits, for pixels in 0..1."""
        values = {INPUT: pixels}
        for layer in self.structure.layers():
            values[layer.output] = self._value(layer, values)
        return tuple(values[name] for name in self.structure.exits)

    def _value(self, layer, values: dict[str, torch.Tensor]) -> torch.Tensor:
        source = values[layer.source]
        match layer:
            case Conv():
                made = self.get_submodule(layer.name)(source)
                return self.get_submodule(layer.name + _NORM)(made) if self.normalized else made
            case Linear():
                return self.get_submodule(layer.name)(source)
            case MaxPool():
                return F.max_pool2d(source, layer.size, layer.stride)
            case Relu():
                return F.relu(source)
            case Add():
                return source + values[layer.other]
            case GlobalAverage():
                return F.adaptive_avg_pool2d(source, 1)
            case Flatten():
                return source.flatten(1)


def folded_weights(model: Twin) -> Weights:
    """Weight and bias of every layer, with the normalization's running statistics merged in."""
    state = {name: tensor.detach().double() for name, tensor in model.state_dict().items()}
    weights: Weights = {}
    for layer in model.structure.weighted():
        weight, bias = state[f"{layer.name}.weight"], state.get(f"{layer.name}.bias")
        if bias is None:
            norm = layer.name + _NORM
            epsilon = model.get_submodule(norm).eps
            scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + epsilon)
            weight = weight * scale[:, None, None, None]
            bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        weights[f"{layer.name}.weight"] = weight.float().contiguous().numpy()
        weights[f"{layer.name}.bias"] = bias.float().numpy()
    return weights


def twin_of(structure: Structure, weights: Weights) -> Twin:
    """A twin with the given weights and no normalization."""
    twin = Twin(structure, normalized=False)
    twin.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return twin.eval()
