"""The networks of ``train_step.py`` in PyTorch, channels last; nothing where PyTorch is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def epoch(name: str, images: np.ndarray, labels: np.ndarray, *, batch: int) -> Callable[[], None] | None:
    """Return what trains one epoch by PyTorch, or None if it, or the network, is not there."""
    try:
        import torch
    except ImportError:
        return None
    made = {"cnn6": _cnn6, "resnet20": _resnet20}.get(name)
    if made is None:
        return None
    torch.manual_seed(0)
    model = made(torch.nn).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    loss = torch.nn.CrossEntropyLoss()

    def train() -> None:
        for start in range(0, len(images), batch):
            pixels = torch.from_numpy(np.ascontiguousarray(images[start : start + batch])).permute(0, 3, 1, 2)
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(pixels.float() / 255), torch.from_numpy(labels[start : start + batch]))
            value.backward()
            optimizer.step()
            value.item()

    return train


def _cnn6(nn: Any) -> Any:
    layers, channels = [], 3
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))


def _resnet20(nn: Any) -> Any:
    class Block(nn.Module):  # type: ignore[misc]  # nn is PyTorch, which may not be there
        def __init__(self, before: int, filters: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(before, filters, 3, stride, 1, bias=False),
                nn.BatchNorm2d(filters),
                nn.ReLU(),
                nn.Conv2d(filters, filters, 3, 1, 1, bias=False),
                nn.BatchNorm2d(filters),
            )
            self.stride, self.more = stride, filters - before

        def forward(self, x: Any) -> Any:
            shortcut = x[:, :, :: self.stride, :: self.stride]
            if self.more:
                shortcut = nn.functional.pad(shortcut, (0, 0, 0, 0, self.more // 2, self.more // 2))
            return nn.functional.relu(self.body(x) + shortcut)

    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for filters in (16, 32, 64):
        for number in range(3):
            layers.append(Block(channels, filters, 2 if number == 0 and filters > 16 else 1))
            channels = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
