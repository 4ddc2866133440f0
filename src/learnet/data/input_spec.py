"""What a model wants to be fed: a size, and the one rule by which any photo gets it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Resize = Literal["stretch", "crop", "pad"]
Interpolation = Literal["area", "bilinear", "bicubic", "lanczos"]

MAX_SIDE = 4096
REDUCTIONS = (8, 4, 2)
"""The whole factors by which a JPEG decoder can shrink a photo while it decodes, largest first."""


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The input of a model; it travels in the bundle as JSON.

    The rule, for every photo alike:

    1. The part of the photo that is used is chosen: for ``"crop"`` the largest centred box of the model's proportions,
       its sides multiplied by ``crop_fraction``; for ``"stretch"`` and ``"pad"`` the whole photo.
    2. That part is resized: for ``"crop"`` and ``"stretch"`` to the model's size, for ``"pad"`` to the largest size of
       the photo's own proportions that fits. What shrinks by a factor of 2 or more is first averaged over whole pixels,
       so that no interpolation aliases; ``"area"`` averages over any factor. What grows under ``"area"`` is bilinear.
    3. For ``"pad"`` the result is centred on black.

    Attributes:
        height: Rows, 1 to 4096.
        width: Columns, 1 to 4096.
        resize: ``"crop"`` keeps proportions and loses the rim, ``"pad"`` keeps proportions and adds black bars,
            ``"stretch"`` keeps everything and changes proportions.
        crop_fraction: How much of the box's sides ``"crop"`` keeps, in (0, 1]; the other policies do not use it.
        interpolation: How pixels are computed.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> spec = InputSpec(height=2, width=2)
        >>> spec.apply(np.full((40, 60, 3), 7, np.uint8)).tolist()
        [[[7, 7, 7], [7, 7, 7]], [[7, 7, 7], [7, 7, 7]]]
        >>> InputSpec.from_json(spec.to_json()) == spec
        True
    """

    height: int
    width: int
    resize: Resize = "crop"
    crop_fraction: float = 1.0
    interpolation: Interpolation = "area"

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= MAX_SIDE:
                raise UsageError(f"An input's {name} must be a whole number from 1 to {MAX_SIDE}; received {value!r}.")
        for name, choices in (("resize", get_args(Resize)), ("interpolation", get_args(Interpolation))):
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"An input's {name} must be one of {', '.join(choices)}; received {getattr(self, name)!r}."
                )
        if type(self.crop_fraction) not in (int, float) or not 0 < self.crop_fraction <= 1:
            raise UsageError(
                f"An input's crop_fraction must be greater than 0 and at most 1; received {self.crop_fraction!r}."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> InputSpec:
        """Return the specification that ``to_json`` wrote.

        Raises:
            UsageError: If ``value`` is not an object with exactly the fields of an input specification.
        """
        expected = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or set(value) != expected:
            received = ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__
            raise UsageError(
                f"An input specification needs the fields {', '.join(sorted(expected))}, and no others; "
                f"received {received or 'none'}."
            )
        return cls(**value)

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a photo as the model wants it.

        Args:
            image: uint8 RGB ``(h, w, 3)``, any size.

        Returns:
            uint8 RGB ``(height, width, 3)``.
        """
        rows, columns = image.shape[:2]
        (box_height, box_width), (height, width) = self._geometry(rows, columns)
        top, left = (rows - box_height) // 2, (columns - box_width) // 2
        resized = self._resized(image[top : top + box_height, left : left + box_width], height, width)
        if (height, width) == (self.height, self.width):
            return resized
        padded = np.zeros((self.height, self.width, 3), np.uint8)
        top, left = (self.height - height) // 2, (self.width - width) // 2
        padded[top : top + height, left : left + width] = resized
        return padded

    def reduction(self, height: int, width: int) -> int:
        """Return the largest of 8, 4, 2, 1 by which a photo may be shrunk and still need no enlarging afterwards.

        Args:
            height: The photo's rows.
            width: The photo's columns.

        Example:
            >>> InputSpec(height=224, width=224).reduction(3024, 4032)
            8
            >>> InputSpec(height=224, width=224).reduction(447, 4032)
            1
        """
        (box_height, box_width), (rows, columns) = self._geometry(height, width)
        return next((s for s in REDUCTIONS if box_height >= s * rows and box_width >= s * columns), 1)

    def _geometry(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (rows, columns) of the part of a photo that is used, and (rows, columns) that it gets."""
        if self.resize == "crop":
            scale = self.crop_fraction * min(height / self.height, width / self.width)
            box = max(1, min(height, round(self.height * scale))), max(1, min(width, round(self.width * scale)))
            return box, (self.height, self.width)
        if self.resize == "pad":
            scale = min(self.height / height, self.width / width)
            inner = min(self.height, round(height * scale)), min(self.width, round(width * scale))
            return (height, width), (max(1, inner[0]), max(1, inner[1]))
        return (height, width), (self.height, self.width)

    def _resized(self, image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
        import cv2

        averaged = self._averaged_side(image.shape[0], height), self._averaged_side(image.shape[1], width)
        if averaged != image.shape[:2]:
            image = cv2.resize(image, averaged[::-1], interpolation=cv2.INTER_AREA)
        if image.shape[:2] != (height, width):
            flag = {"bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4}.get(self.interpolation, cv2.INTER_LINEAR)
            image = cv2.resize(image, (width, height), interpolation=flag)
        return np.ascontiguousarray(image)

    def _averaged_side(self, length: int, target: int) -> int:
        """Return the side to which averaging brings ``length`` before interpolation takes it to ``target``."""
        if self.interpolation == "area":
            return min(length, target)
        return -(-length // max(1, length // target))
