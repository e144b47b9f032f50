"""LeNet-5 with one BranchyNet exit. The branch hangs on the pooled and rectified map of conv1 (6x14x14)."""

from trainer.structure import FINAL, INPUT, Chain, Stage, Structure


def branchy_lenet5(branch_channels: int) -> Structure:
    shared = Chain(INPUT).conv("conv1", 6, 5, pad=2).pool("pool1").relu("relu1")
    branch = Chain(shared.at).conv("exit0_conv", branch_channels, 3, pad=1).pool("exit0_pool").relu("exit0_relu")
    branch.flatten("exit0_flatten").linear("exit0_fc", 10, output="exit0")
    rest = Chain(shared.at).conv("conv2", 16, 5).pool("pool2").relu("relu2").flatten("flatten")
    rest.linear("fc1", 120).relu("relu3").linear("fc2", 84).relu("relu4").linear("fc3", 10, output=FINAL)
    return Structure(
        name="branchy_lenet5",
        input=(1, 28, 28),
        classes=10,
        stages=[Stage(shared.layers, branch.layers), Stage(rest.layers)],
    )
