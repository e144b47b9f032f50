"""What every reader of image classification data gives back, and how it complains."""

from dataclasses import dataclass

import numpy as np


class DataError(Exception):
    """The data set is missing or damaged; the message says what to do."""


@dataclass(frozen=True)
class Split:
    images: np.ndarray  # uint8, [sample, channel, row, column]
    labels: np.ndarray  # uint8, [sample]
