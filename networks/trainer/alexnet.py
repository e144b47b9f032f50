"""BranchyNet's AlexNet for CIFAR-10, with exits after its first and its second pool.

Pools are 2 x 2 and do not overlap, and there is no local response normalization: so the backbone has the 28,247,296
multiplications that other accelerators' figures for this network are given for.
"""

from trainer.structure import FINAL, INPUT, Chain, Stage, Structure


def alexnet() -> Structure:
    first = Chain(INPUT).conv("conv1", 32, 5, pad=2).pool("pool1").relu("relu1")
    exit0 = Chain(first.at).conv("exit0_conv", 32, 3, pad=1).pool("exit0_pool").relu("exit0_relu")
    exit0.flatten("exit0_flatten").linear("exit0_fc", 10, output="exit0")
    second = Chain(first.at).conv("conv2", 64, 5, pad=2).pool("pool2").relu("relu2")
    exit1 = Chain(second.at).conv("exit1_conv", 32, 3, pad=1).pool("exit1_pool").relu("exit1_relu")
    exit1.flatten("exit1_flatten").linear("exit1_fc", 10, output="exit1")
    rest = Chain(second.at).conv("conv3", 96, 3, pad=1).relu("relu3").conv("conv4", 96, 3, pad=1).relu("relu4")
    rest.conv("conv5", 64, 3, pad=1).pool("pool5").relu("relu5").flatten("flatten")
    rest.linear("fc1", 256).relu("relu6").linear("fc2", 128).relu("relu7").linear("fc3", 10, output=FINAL)
    stages = [Stage(first.layers, exit0.layers), Stage(second.layers, exit1.layers), Stage(rest.layers)]
    return Structure(name="branchy_alexnet", input=(3, 32, 32), classes=10, stages=stages)
