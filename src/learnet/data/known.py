"""The data sets that learnet knows by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import Registry
from learnet.data.known_caltech import open_caltech101
from learnet.data.known_cifar import open_cifar10
from learnet.data.known_mnist import open_digits, open_fashion_mnist, open_mnist

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.core import Progress
    from learnet.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class KnownDataset:
    """A data set that learnet knows by name.

    Attributes:
        name: By which users ask for it.
        summary: What it is, in a line.
        source: Who made it, and under which licence.
        open: Finds it on this machine, or else downloads it.
    """

    name: str
    summary: str
    source: str
    open: Callable[[Progress], Dataset]


KNOWN = Registry(
    "known data set",
    [
        KnownDataset(
            name="digits",
            summary="1,797 handwritten digits of 8 x 8 grey pixels, 10 classes",
            source="Alpaydin and Kaynak 1998, UCI; comes with scikit-learn; CC BY 4.0",
            open=open_digits,
        ),
        KnownDataset(
            name="caltech101",
            summary="8,677 photos of about 300 x 200 pixels, 101 classes",
            source="Li, Andreetto, Ranzato, Perona 2003, Caltech; CC BY 4.0",
            open=open_caltech101,
        ),
        KnownDataset(
            name="cifar10",
            summary="60,000 photos of 32 x 32 pixels, 10 classes, 10,000 of them to test",
            source="Krizhevsky 2009; no licence stated",
            open=open_cifar10,
        ),
        KnownDataset(
            name="mnist",
            summary="70,000 handwritten digits of 28 x 28 grey pixels, 10 classes, 10,000 of them to test",
            source="LeCun, Cortes, Burges 1998; CC BY-SA 3.0",
            open=open_mnist,
        ),
        KnownDataset(
            name="fashion_mnist",
            summary="70,000 pictures of clothes, 28 x 28 grey pixels, 10 classes, 10,000 of them to test",
            source="Xiao, Rasul, Vollgraf 2017, Zalando; MIT",
            open=open_fashion_mnist,
        ),
    ],
)
