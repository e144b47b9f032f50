"""ResNet-32 for CIFAR-10 with exits after its first and its second stage.

Three stages of five basic blocks with 16, 32 and 64 channels. Where the map halves, the shortcut is a 1x1 convolution
of stride 2 (option B of He et al.). Their option A drops every second pixel and appends channels of zeros; on hardware
that knows convolutions that would be a 1x1 convolution too, at the same 131,072 multiplications, with nothing learned.
"""

from trainer.structure import FINAL, INPUT, Chain, Stage, Structure

_BLOCKS = 5


def resnet32() -> Structure:
    first = Chain(INPUT).conv("conv1", 16, 3, pad=1).relu("relu1")
    for block in range(_BLOCKS):
        _basic_block(first, f"stage1_block{block + 1}", 16, stride=1)
    exit0 = Chain(first.at).conv("exit0_conv1", 32, 3, pad=1, stride=2).pool("exit0_pool1").relu("exit0_relu1")
    exit0.conv("exit0_conv2", 64, 3, pad=1).pool("exit0_pool2").relu("exit0_relu2")
    exit0.flatten("exit0_flatten").linear("exit0_fc", 10, output="exit0")
    second = Chain(first.at)
    for block in range(_BLOCKS):
        _basic_block(second, f"stage2_block{block + 1}", 32, stride=2 if block == 0 else 1)
    exit1 = Chain(second.at).conv("exit1_conv", 64, 3, pad=1, stride=2).pool("exit1_pool").relu("exit1_relu")
    exit1.flatten("exit1_flatten").linear("exit1_fc", 10, output="exit1")
    rest = Chain(second.at)
    for block in range(_BLOCKS):
        _basic_block(rest, f"stage3_block{block + 1}", 64, stride=2 if block == 0 else 1)
    rest.average("average").flatten("flatten").linear("fc", 10, output=FINAL)
    stages = [Stage(first.layers, exit0.layers), Stage(second.layers, exit1.layers), Stage(rest.layers)]
    return Structure(name="branchy_resnet32", input=(3, 32, 32), classes=10, stages=stages)


def _basic_block(chain: Chain, name: str, channels: int, stride: int) -> None:
    shortcut = Chain(chain.at)
    if stride != 1:
        shortcut.conv(f"{name}_shortcut", channels, 1, stride=stride)
    chain.also(shortcut)
    chain.conv(f"{name}_conv1", channels, 3, pad=1, stride=stride).relu(f"{name}_relu1")
    chain.conv(f"{name}_conv2", channels, 3, pad=1).add(f"{name}_add", shortcut.at).relu(f"{name}_relu2")
