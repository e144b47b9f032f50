"""The weights of a structure: by name, NAME.weight and NAME.bias of every convolution and dense layer."""

import numpy as np

from trainer.structure import Conv, Structure, shapes

Weights = dict[str, np.ndarray]


def random_weights(structure: Structure, seed: int) -> Weights:
    """Normal, of variance 2 / inputs (He et al.), so that activations neither grow nor fade; small biases."""
    generator = np.random.default_rng(seed)
    known = shapes(structure)
    weights: Weights = {}
    for layer in structure.weighted():
        inputs = known[layer.source][0]
        if isinstance(layer, Conv):
            shape = (layer.channels, inputs, layer.kernel, layer.kernel)
        else:
            shape = (layer.features, inputs)
        spread = np.float32(np.sqrt(2 / np.prod(shape[1:])))
        weights[f"{layer.name}.weight"] = generator.standard_normal(shape, np.float32) * spread
        weights[f"{layer.name}.bias"] = generator.standard_normal(shape[0], np.float32) * np.float32(0.01)
    return weights
