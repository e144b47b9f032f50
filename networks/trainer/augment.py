"""Random shifts and mirror images of training images."""

import numpy as np
import torch


class Augmenter:
    """Whole batches, by one gather."""

    def __init__(self, images: np.ndarray, shift: int, flip: bool, generator: torch.Generator):
        """Images are moved by up to `shift` pixels each way and, where `flip`, mirrored every second time."""
        self._padded = torch.from_numpy(np.pad(images, ((0, 0), (0, 0), (shift, shift), (shift, shift))))
        self._channels = torch.arange(images.shape[1])[None, :, None, None]
        self._rows = torch.arange(images.shape[2])[None, None, :, None]
        self._columns = torch.arange(images.shape[3])[None, None, None, :]
        self._shift = shift
        self._flip = flip
        self._generator = generator

    def batch(self, samples: torch.Tensor) -> torch.Tensor:
        """Pixels in 0..1, [sample, channel, row, column]."""
        rows = self._rows + self._draw(2 * self._shift + 1, samples)
        columns = self._columns + self._draw(2 * self._shift + 1, samples)
        if self._flip:
            mirrored = self._draw(2, samples).bool()
            columns = torch.where(mirrored, self._padded.shape[3] - 1 - columns, columns)
        return to_pixels(self._padded[samples[:, None, None, None], self._channels, rows, columns])

    def _draw(self, count: int, samples: torch.Tensor) -> torch.Tensor:
        return torch.randint(count, (len(samples), 1, 1, 1), generator=self._generator)


def to_pixels(images: torch.Tensor) -> torch.Tensor:
    """Raw bytes to the float input of the network: no mean is taken off, so zero padding is raw 0."""
    return images.float() / 255
