"""LeNet-5 with one BranchyNet exit, in PyTorch.

The branch hangs on the pooled and rectified map of conv1 (6x14x14). Parameter names are the
initializer names of the ONNX files, so that weights go from one to the other by name.
"""

import torch
from torch import nn
from torch.nn import functional as F


class BranchyLeNet5(nn.Module):
    def __init__(self, branch_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.exit0_conv = nn.Conv2d(6, branch_channels, 3, padding=1)
        self.exit0_fc = nn.Linear(branch_channels * 7 * 7, 10)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of exit 0 and of the end of the backbone, for pixels in 0..1."""
        shared = F.relu(F.max_pool2d(self.conv1(pixels), 2))
        branch = F.relu(F.max_pool2d(self.exit0_conv(shared), 2))
        exit0 = self.exit0_fc(branch.flatten(1))
        deep = F.relu(F.max_pool2d(self.conv2(shared), 2))
        deep = F.relu(self.fc1(deep.flatten(1)))
        deep = F.relu(self.fc2(deep))
        return exit0, self.fc3(deep)
