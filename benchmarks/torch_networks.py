"""The networks of ``train_step.py`` in PyTorch, channels last; nothing where PyTorch is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def epoch(name: str, images: np.ndarray, labels: np.ndarray, *, batch: int) -> Callable[[], None] | None:
    """Return what trains one epoch by PyTorch, or None if it is not there."""
    try:
        import torch
    except ImportError:
        return None
    made = {"cnn6": _cnn6, "resnet20": _resnet20, "resnet50": _resnet50, "mobilenetv2": _mobilenetv2}[name]
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


def _unit(nn: Any, before: int, filters: int, size: int, stride: int = 1, *, groups: int = 1, relu: Any = None) -> Any:
    """Return convolution, normalisation and, if wanted, activation."""
    convolution = nn.Conv2d(before, filters, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters), *([relu()] if relu else []))


def _with_shortcut(nn: Any, body: Any, shortcut: Any, last: Any) -> Any:
    class Shortcut(nn.Module):  # type: ignore[misc]  # nn is PyTorch, which may not be there
        def __init__(self) -> None:
            super().__init__()
            self.body, self.shortcut, self.last = body, shortcut, last

        def forward(self, x: Any) -> Any:
            return self.last(self.body(x) + self.shortcut(x))

    return Shortcut()


def _resnet50(nn: Any) -> Any:
    layers, before = [_unit(nn, 3, 64, 7, 2, relu=nn.ReLU), nn.MaxPool2d(3, 2, 1)], 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for number in range(blocks):
            stride = 2 if number == 0 and width > 64 else 1
            body = nn.Sequential(
                _unit(nn, before, width, 1, stride, relu=nn.ReLU),
                _unit(nn, width, width, 3, relu=nn.ReLU),
                _unit(nn, width, 4 * width, 1),
            )
            shortcut = nn.Identity() if number else _unit(nn, before, 4 * width, 1, stride)
            layers.append(_with_shortcut(nn, body, shortcut, nn.ReLU()))
            before = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def _mobilenetv2(nn: Any) -> Any:
    table = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    layers, before = [_unit(nn, 3, 32, 3, 2, relu=nn.ReLU6)], 32
    for expansion, filters, blocks, first_stride in table:
        for number in range(blocks):
            inner, stride = before * expansion, first_stride if number == 0 else 1
            body = nn.Sequential(
                *([_unit(nn, before, inner, 1, relu=nn.ReLU6)] if expansion > 1 else []),
                _unit(nn, inner, inner, 3, stride, groups=inner, relu=nn.ReLU6),
                _unit(nn, inner, filters, 1),
            )
            same = stride == 1 and before == filters
            layers.append(_with_shortcut(nn, body, nn.Identity(), nn.Identity()) if same else body)
            before = filters
    layers.append(_unit(nn, before, 1280, 1, relu=nn.ReLU6))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 10))
