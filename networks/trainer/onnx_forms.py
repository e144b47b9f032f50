"""Writes BranchyLeNet5 as ONNX in the two forms that offramp imports.

`several outputs`: one graph, the logits of each exit are a graph output.
`nested If`: confidence = ReduceMax(Softmax(exit0)); If confidence > threshold the result is exit0,
else a subgraph computes the rest from the shared map, which it captures by its outer-scope name.

The bytes depend on the weights alone: no doc strings, no dates, no paths.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET = 13
_IR_VERSION = 7  # the IR version that came with opset 13
_CLASSES = 10

Weights = dict[str, np.ndarray]


def several_outputs(weights: Weights) -> onnx.ModelProto:
    graph = helper.make_graph(
        [*_shared_nodes(), *_branch_nodes(), *_rest_nodes()],
        "branchy_lenet5",
        [_input()],
        [_logits("exit0"), _logits("final")],
        _initializers(weights),
    )
    return _model(graph)


def nested_if(weights: Weights, threshold: float) -> onnx.ModelProto:
    take = helper.make_graph(
        [helper.make_node("Identity", ["exit0"], ["taken"], name="take_exit0")], "exit0_taken", [], [_logits("taken")]
    )
    go_on = helper.make_graph(_rest_nodes(), "rest", [], [_logits("final")])
    level = numpy_helper.from_array(np.array(threshold, np.float32))
    decision = [
        helper.make_node("Softmax", ["exit0"], ["exit0_softmax"], name="exit0_softmax", axis=1),
        helper.make_node(
            "ReduceMax", ["exit0_softmax"], ["exit0_confidence"], name="exit0_confidence", axes=[1], keepdims=0
        ),
        helper.make_node("Constant", [], ["exit0_threshold"], name="exit0_threshold", value=level),
        helper.make_node("Greater", ["exit0_confidence", "exit0_threshold"], ["exit0_sure"], name="exit0_sure"),
        helper.make_node("If", ["exit0_sure"], ["logits"], name="exit0_if", then_branch=take, else_branch=go_on),
    ]
    graph = helper.make_graph(
        [*_shared_nodes(), *_branch_nodes(), *decision],
        "branchy_lenet5_if",
        [_input()],
        [_logits("logits")],
        _initializers(weights),
    )
    return _model(graph)


def weights_of(model: onnx.ModelProto) -> Weights:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def to_bytes(model: onnx.ModelProto) -> bytes:
    return model.SerializeToString(deterministic=True)


def _shared_nodes() -> list[onnx.NodeProto]:
    return [
        _conv("conv1", "pixels", kernel=5, pad=2),
        _pool("pool1", "conv1"),
        _relu("relu1", "pool1"),
    ]


def _branch_nodes() -> list[onnx.NodeProto]:
    return [
        _conv("exit0_conv", "relu1", kernel=3, pad=1),
        _pool("exit0_pool", "exit0_conv"),
        _relu("exit0_relu", "exit0_pool"),
        _flatten("exit0_flatten", "exit0_relu"),
        _fully_connected("exit0_fc", "exit0_flatten", output="exit0"),
    ]


def _rest_nodes() -> list[onnx.NodeProto]:
    return [
        _conv("conv2", "relu1", kernel=5, pad=0),
        _pool("pool2", "conv2"),
        _relu("relu2", "pool2"),
        _flatten("flatten", "relu2"),
        _fully_connected("fc1", "flatten"),
        _relu("relu3", "fc1"),
        _fully_connected("fc2", "relu3"),
        _relu("relu4", "fc2"),
        _fully_connected("fc3", "relu4", output="final"),
    ]


def _conv(name: str, source: str, kernel: int, pad: int) -> onnx.NodeProto:
    inputs = [source, f"{name}.weight", f"{name}.bias"]
    window = {"kernel_shape": [kernel] * 2, "pads": [pad] * 4, "strides": [1, 1]}
    return helper.make_node("Conv", inputs, [name], name=name, **window)


def _pool(name: str, source: str) -> onnx.NodeProto:
    return helper.make_node("MaxPool", [source], [name], name=name, kernel_shape=[2, 2], strides=[2, 2])


def _relu(name: str, source: str) -> onnx.NodeProto:
    return helper.make_node("Relu", [source], [name], name=name)


def _flatten(name: str, source: str) -> onnx.NodeProto:
    return helper.make_node("Flatten", [source], [name], name=name, axis=1)


def _fully_connected(name: str, source: str, output: str | None = None) -> onnx.NodeProto:
    inputs = [source, f"{name}.weight", f"{name}.bias"]
    return helper.make_node("Gemm", inputs, [output or name], name=name, transB=1)


def _input() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 1, 28, 28])


def _logits(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, _CLASSES])


def _initializers(weights: Weights) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(np.asarray(array, np.float32), name) for name, array in weights.items()]


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="offramp"
    )
    onnx.checker.check_model(model, full_check=True)
    return model
