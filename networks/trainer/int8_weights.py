"""Weights as int8 with one scale for each output channel: a quarter of the bytes of float32.

In the ONNX file a weight W is the initializers W_int8 and W_scale, and a DequantizeLinear makes W of them. Biases and
activations stay float: this is a way to store a network, not yet the quantized network that offramp makes of it.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

_LARGEST = 127  # -128 is not used, so that a scale is the largest weight / 127
_INT8, _SCALE = "_int8", "_scale"
_IN_FILE_BELOW = 1024  # bytes; smaller tensors are not worth a place in the file of weights


def quantized(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every weight of two and more dimensions as int8 and scale; biases as they are."""
    stored = {}
    for name, array in weights.items():
        if array.ndim < 2:
            stored[name] = array
            continue
        rows = array.reshape(len(array), -1)
        largest = np.abs(rows).max(1)
        scale = np.where(largest > 0, largest / _LARGEST, 1).astype(np.float32)
        levels = np.rint(rows / scale[:, None]).clip(-_LARGEST, _LARGEST)
        stored[name + _INT8] = levels.astype(np.int8).reshape(array.shape)
        stored[name + _SCALE] = scale
    return stored


def dequantized(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The floats again. Weights that were never quantized come back as they are."""
    weights = {}
    for name, array in stored.items():
        if name.endswith(_INT8):
            whole = name.removesuffix(_INT8)
            scale = stored[whole + _SCALE].reshape(-1, *[1] * (array.ndim - 1))
            weights[whole] = array.astype(np.float32) * scale
        elif not name.endswith(_SCALE):
            weights[name] = array
    return weights


def dequantize_node(weight: str) -> NodeProto:
    inputs = [weight + _INT8, weight + _SCALE]
    return helper.make_node("DequantizeLinear", inputs, [weight], name=f"{weight}_dequantize", axis=0)


def move_out(model: ModelProto, location: str) -> bytes:
    """Makes the large initializers external data in the file `location` beside the model; returns its content."""
    content = bytearray()
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) < _IN_FILE_BELOW:
            continue
        place = {"location": location, "offset": len(content), "length": len(tensor.raw_data)}
        content += tensor.raw_data
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
    return bytes(content)
