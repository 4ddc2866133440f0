"""The labs: which there are, and how a learner gets a copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from learnet.core import LearnetError, Registry


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One notebook.

    Attributes:
        name: By which learners ask for it; the file's name without its suffix.
        title: What it teaches, in a line.
    """

    name: str
    title: str

    @property
    def file(self) -> Path:
        """The notebook that came with learnet.

        Raises:
            LearnetError: If the installation lacks it.
        """
        here = Path(__file__).parent
        for folder in (here / "notebooks", here.parents[2] / "labs"):  # installed, or in a clone
            path = folder / f"{self.name}.ipynb"
            if path.is_file():
                return path
        raise LearnetError(f"The notebook of {self.name} is missing from this installation. Install learnet again.")


LABS: Registry[Lab] = Registry(
    "lab",
    [
        Lab(name="labs01-firstcnn", title="Train your first convolutional network, on CIFAR-10"),
        Lab(name="chapter03-tuning", title="Tuning: by hand, by grid, by chance, and more cleverly"),
    ],
    aliases={"1": "labs01-firstcnn", "3": "chapter03-tuning"},
)


def take_lab(name: str, folder: Path) -> Path:
    """Copy a lab's notebook into a folder, unless the learner has it there already, and return it.

    Raises:
        UsageError: If there is no such lab.
    """
    lab = LABS[name]
    target = folder / lab.file.name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lab.file, target)
    return target
