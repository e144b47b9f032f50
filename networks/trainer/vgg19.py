"""VGG-19 for CIFAR-10 with exits after its second, third and fourth pool.

Sixteen convolutions of 3 x 3 and one dense layer, as is usual for 32 x 32 pixels.
"""

from trainer.structure import FINAL, INPUT, Chain, Stage, Structure

_GROUPS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels, convolutions; a pool ends each


def vgg19(narrower: int = 1) -> Structure:
    """With all channels of the backbone divided by `narrower`; its branches stay as they are."""
    stages = []
    chain = Chain(INPUT)
    for group, (channels, convolutions) in enumerate(_GROUPS, start=1):
        for i in range(1, convolutions + 1):
            chain.conv(f"conv{group}_{i}", channels // narrower, 3, pad=1)
            if i == convolutions:
                chain.pool(f"pool{group}")
            chain.relu(f"relu{group}_{i}")
        if 2 <= group <= 4:
            branch = _branch(chain.at, exit_number=group - 2, channels=64 if group == 2 else 128)
            stages.append(Stage(chain.layers, branch.layers))
            chain = Chain(chain.at)
    chain.flatten("flatten").linear("fc", 10, output=FINAL)
    stages.append(Stage(chain.layers))
    return Structure(name="branchy_vgg19", input=(3, 32, 32), classes=10, stages=stages)


def _branch(source: str, exit_number: int, channels: int) -> Chain:
    name = f"exit{exit_number}"
    chain = Chain(source).conv(f"{name}_conv", channels, 3, pad=1).pool(f"{name}_pool").relu(f"{name}_relu")
    return chain.flatten(f"{name}_flatten").linear(f"{name}_fc", 10, output=name)
