"""Writes a structure with its weights as ONNX, in the two forms that offramp imports.

`several outputs`: one graph, the logits of each exit are a graph output.
`nested If`: confidence = ReduceMax(Softmax(exit0)); If confidence > threshold the result is exit0,
else a subgraph computes the rest from the shared map, which it captures by its outer-scope name. The rest ends in the
same way where there is another exit.

Weights are float32 initializers or, for large networks, int8 ones with a DequantizeLinear each (int8_weights.py).
The bytes depend on the weights alone: no doc strings, no dates, no paths.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from trainer import int8_weights
from trainer.structure import FINAL, INPUT, Add, Conv, Flatten, GlobalAverage, Layer, Linear, MaxPool, Relu, Structure
from trainer.weights import Weights

_OPSET = 13
_IR_VERSION = 7  # the IR version that came with opset 13


def several_outputs(structure: Structure, weights: Weights, int8: bool = False) -> ModelProto:
    graph = helper.make_graph(
        _nodes(structure.layers(), int8),
        structure.name,
        [_input(structure)],
        [_logits(structure, name) for name in structure.exits],
        _initializers(weights, int8),
    )
    return _model(graph)


def nested_if(structure: Structure, weights: Weights, thresholds: Sequence[float], int8: bool = False) -> ModelProto:
    stages = structure.stages
    nodes = _nodes([*stages[0].backbone, *stages[0].branch], int8)
    nodes += _decision(structure, 0, thresholds, int8)
    initializers = _initializers(weights, int8)
    name = f"{structure.name}_if"
    graph = helper.make_graph(nodes, name, [_input(structure)], [_logits(structure, "logits")], initializers)
    return _model(graph)


def weights_of(model: ModelProto) -> Weights:
    """The weights by name, as floats whatever form they have in the file."""
    return int8_weights.dequantized({tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer})


def thresholds_of(if_model: ModelProto) -> list[float]:
    """The thresholds of a nested-If model, in the order a sample meets them."""
    found = []
    graph: GraphProto | None = if_model.graph
    while graph is not None:
        nodes = {node.name: node for node in graph.node}
        level, graph = nodes.get(f"exit{len(found)}_threshold"), None
        if level is not None:
            decision = nodes[f"exit{len(found)}_if"]
            found.append(float(numpy_helper.to_array(level.attribute[0].t)))
            graph = next(attribute.g for attribute in decision.attribute if attribute.name == "else_branch")
    return found


def to_bytes(model: ModelProto) -> bytes:
    return model.SerializeToString(deterministic=True)


def _decision(structure: Structure, number: int, thresholds: Sequence[float], int8: bool) -> list[NodeProto]:
    """The nodes that decide exit `number`, the last an If whose else branch is all that follows."""
    name = f"exit{number}"
    result = "logits" if number == 0 else f"logits_from_{name}"
    identity = helper.make_node("Identity", [name], ["taken"], name=f"take_{name}")
    take = helper.make_graph([identity], f"{name}_taken", [], [_logits(structure, "taken")])
    stage = structure.stages[number + 1]
    nodes = _nodes([*stage.backbone, *stage.branch], int8)
    output = FINAL
    if stage.branch:
        nodes += _decision(structure, number + 1, thresholds, int8)
        output = f"logits_from_exit{number + 1}"
    go_on = helper.make_graph(nodes, "rest", [], [_logits(structure, output)])
    level = numpy_helper.from_array(np.array(thresholds[number], np.float32))
    softmax, confidence, threshold, sure = (f"{name}_{part}" for part in ("softmax", "confidence", "threshold", "sure"))
    return [
        helper.make_node("Softmax", [name], [softmax], name=softmax, axis=1),
        helper.make_node("ReduceMax", [softmax], [confidence], name=confidence, axes=[1], keepdims=0),
        helper.make_node("Constant", [], [threshold], name=threshold, value=level),
        helper.make_node("Greater", [confidence, threshold], [sure], name=sure),
        helper.make_node("If", [sure], [result], name=f"{name}_if", then_branch=take, else_branch=go_on),
    ]


def _nodes(layers: list[Layer], int8: bool) -> list[NodeProto]:
    nodes = []
    for layer in layers:
        if int8 and isinstance(layer, Conv | Linear):
            nodes.append(int8_weights.dequantize_node(f"{layer.name}.weight"))
        nodes.append(_node(layer))
    return nodes


def _node(layer: Layer) -> NodeProto:
    def make(op: str, inputs: list[str], **attributes) -> NodeProto:
        return helper.make_node(op, inputs, [layer.output], name=layer.name, **attributes)

    parameters = [f"{layer.name}.weight", f"{layer.name}.bias"]
    match layer:
        case Conv():
            window = {"kernel_shape": [layer.kernel] * 2, "pads": [layer.pad] * 4, "strides": [layer.stride] * 2}
            return make("Conv", [layer.source, *parameters], **window)
        case Linear():
            return make("Gemm", [layer.source, *parameters], transB=1)
        case MaxPool():
            return make("MaxPool", [layer.source], kernel_shape=[layer.size] * 2, strides=[layer.stride] * 2)
        case Relu():
            return make("Relu", [layer.source])
        case Add():
            return make("Add", [layer.source, layer.other])
        case GlobalAverage():
            return make("GlobalAveragePool", [layer.source])
        case Flatten():
            return make("Flatten", [layer.source], axis=1)


def _input(structure: Structure) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, *structure.input])


def _logits(structure: Structure, name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, structure.classes])


def _initializers(weights: Weights, int8: bool) -> list[TensorProto]:
    stored = {name: np.asarray(array, np.float32) for name, array in weights.items()}
    if int8:
        stored = int8_weights.quantized(stored)
    return [numpy_helper.from_array(array, name) for name, array in stored.items()]


def _model(graph: GraphProto) -> ModelProto:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="offramp"
    )
    onnx.checker.check_model(model, full_check=True)
    return model
