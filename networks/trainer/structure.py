"""What a network is made of, said once: the PyTorch twin, the ONNX forms and the MAC counts all follow from it.

A network is a chain of stages. A stage is a piece of the backbone and, in all but the last, a branch from its end
that classifies: an exit. Layer names are ONNX node names; a layer reads values by the name of the layer that made
them. The input is called "pixels", a branch's logits "exit0", "exit1" and so on, the backbone's "final".
"""

from dataclasses import dataclass, field

INPUT = "pixels"
FINAL = "final"

Shape = tuple[int, int, int]  # channels, rows, columns; of a vector (n, 1, 1)


@dataclass(frozen=True)
class Conv:
    name: str
    source: str
    channels: int
    kernel: int
    pad: int = 0
    stride: int = 1

    @property
    def output(self) -> str:
        return self.name


@dataclass(frozen=True)
class Linear:
    name: str
    source: str
    features: int
    output: str


@dataclass(frozen=True)
class Unweighted:
    """A layer without weights; its output has its name."""

    name: str
    source: str

    @property
    def output(self) -> str:
        return self.name


@dataclass(frozen=True)
class MaxPool(Unweighted):
    size: int = 2
    stride: int = 2


@dataclass(frozen=True)
class Relu(Unweighted):
    pass


@dataclass(frozen=True)
class Add(Unweighted):
    other: str


@dataclass(frozen=True)
class GlobalAverage(Unweighted):
    pass


@dataclass(frozen=True)
class Flatten(Unweighted):
    pass


Layer = Conv | Linear | MaxPool | Relu | Add | GlobalAverage | Flatten


class Chain:
    """Layers written one after the other, each reading the one before it."""

    def __init__(self, source: str):
        self.layers: list[Layer] = []
        self.at = source

    def conv(self, name: str, channels: int, kernel: int, pad: int = 0, stride: int = 1) -> "Chain":
        return self._append(Conv(name, self.at, channels, kernel, pad, stride))

    def linear(self, name: str, features: int, output: str | None = None) -> "Chain":
        return self._append(Linear(name, self.at, features, output or name))

    def pool(self, name: str, size: int = 2, stride: int = 2) -> "Chain":
        return self._append(MaxPool(name, self.at, size, stride))

    def relu(self, name: str) -> "Chain":
        return self._append(Relu(name, self.at))

    def add(self, name: str, other: str) -> "Chain":
        return self._append(Add(name, self.at, other))

    def average(self, name: str) -> "Chain":
        return self._append(GlobalAverage(name, self.at))

    def flatten(self, name: str) -> "Chain":
        return self._append(Flatten(name, self.at))

    def also(self, other: "Chain") -> "Chain":
        """Puts the layers of a side path here; the chain goes on from its own end."""
        self.layers.extend(other.layers)
        return self

    def _append(self, layer: Layer) -> "Chain":
        self.layers.append(layer)
        self.at = layer.output
        return self


@dataclass(frozen=True)
class Stage:
    backbone: list[Layer]
    branch: list[Layer] = field(default_factory=list)  # empty in the last stage


@dataclass(frozen=True)
class Structure:
    name: str
    input: Shape
    classes: int
    stages: list[Stage]

    @property
    def exits(self) -> list[str]:
        """The names of the logits, in the order a sample meets them."""
        return [f"exit{i}" for i in range(len(self.stages) - 1)] + [FINAL]

    def layers(self) -> list[Layer]:
        """All layers in the order they run when no sample leaves early."""
        return [layer for stage in self.stages for layer in (*stage.backbone, *stage.branch)]

    def weighted(self) -> list[Conv | Linear]:
        """The layers with weights, those of the backbone before those of the branches."""
        backbone = [layer for stage in self.stages for layer in stage.backbone]
        branches = [layer for stage in self.stages for layer in stage.branch]
        return [layer for layer in (*backbone, *branches) if isinstance(layer, Conv | Linear)]


def shapes(structure: Structure) -> dict[str, Shape]:
    """The shape of every value, by name."""
    known = {INPUT: structure.input}
    for layer in structure.layers():
        channels, rows, columns = known[layer.source]
        match layer:
            case Conv():
                reach = 2 * layer.pad - layer.kernel
                made = (layer.channels, (rows + reach) // layer.stride + 1, (columns + reach) // layer.stride + 1)
            case Linear():
                made = (layer.features, 1, 1)
            case MaxPool():
                made = (channels, (rows - layer.size) // layer.stride + 1, (columns - layer.size) // layer.stride + 1)
            case GlobalAverage():
                made = (channels, 1, 1)
            case Flatten():
                made = (channels * rows * columns, 1, 1)
            case Relu() | Add():
                made = (channels, rows, columns)
        known[layer.output] = made
    return known


def macs(structure: Structure, layers: list[Layer]) -> int:
    """Multiplications of convolutions and dense layers, those with padding's zeros counted in."""
    known = shapes(structure)
    total = 0
    for layer in layers:
        channels, rows, columns = known[layer.output]
        if isinstance(layer, Conv):
            total += channels * rows * columns * known[layer.source][0] * layer.kernel**2
        elif isinstance(layer, Linear):
            total += layer.features * known[layer.source][0]
    return total


def parameters(structure: Structure, layers: list[Layer]) -> int:
    """Weights and biases."""
    known = shapes(structure)
    total = 0
    for layer in layers:
        if isinstance(layer, Conv):
            total += layer.channels * (known[layer.source][0] * layer.kernel**2 + 1)
        elif isinstance(layer, Linear):
            total += layer.features * (known[layer.source][0] + 1)
    return total


def macs_to_exits(structure: Structure) -> list[int]:
    """For each exit, what a sample that leaves there has cost, the branches on the way counted in."""
    costs = []
    total = 0
    for stage in structure.stages:
        total += macs(structure, [*stage.backbone, *stage.branch])
        costs.append(total)
    return costs
