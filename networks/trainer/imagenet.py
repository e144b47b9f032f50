"""Networks of ImageNet's size, without early exits: VGG-16 and AlexNet for 224 x 224 pixels."""

from trainer.structure import FINAL, INPUT, Chain, Stage, Structure

_VGG16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions; a pool ends each group
_SHORT_CLASSES = 10  # of the stand-in for the dense layers


def vgg16(convolutions_only: bool) -> Structure:
    """Simonyan and Zisserman's configuration D."""
    chain = Chain(INPUT)
    for group, (channels, convolutions) in enumerate(_VGG16, start=1):
        for i in range(1, convolutions + 1):
            chain.conv(f"conv{group}_{i}", channels, 3, pad=1)
            if i == convolutions:
                chain.pool(f"pool{group}")
            chain.relu(f"relu{group}_{i}")
    return _finish("vgg16_224", chain, convolutions_only)


def alexnet224(convolutions_only: bool) -> Structure:
    """Krizhevsky's one-tower version, as in torchvision: 64, 192, 384, 256, 256 channels and no groups."""
    chain = Chain(INPUT).conv("conv1", 64, 11, pad=2, stride=4).relu("relu1").pool("pool1", size=3)
    chain.conv("conv2", 192, 5, pad=2).relu("relu2").pool("pool2", size=3)
    chain.conv("conv3", 384, 3, pad=1).relu("relu3").conv("conv4", 256, 3, pad=1).relu("relu4")
    chain.conv("conv5", 256, 3, pad=1).relu("relu5").pool("pool5", size=3)
    return _finish("alexnet_224", chain, convolutions_only)


def _finish(name: str, chain: Chain, convolutions_only: bool) -> Structure:
    classes = _SHORT_CLASSES if convolutions_only else 1000
    if convolutions_only:
        chain.average("average")
    chain.flatten("flatten")
    if not convolutions_only:
        chain.linear("fc1", 4096).relu("fc1_relu").linear("fc2", 4096).relu("fc2_relu")
    chain.linear("fc3", classes, output=FINAL)
    return Structure(name=name, input=(3, 224, 224), classes=classes, stages=[Stage(chain.layers)])
