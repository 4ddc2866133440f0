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


_CHAPTER_2 = {
    "neuron": "One neuron and its bias: it draws a line, and learns from mistakes",
    "activations": "Activations: why a network needs bends",
    "descent": "Learning by gradient descent: steps too small, good and too large; a race of methods",
    "regularisation": "Overfitting, and what helps: few weights, dropout, stopping early",
    "memory": "Associative memory and Boltzmann machines: restore spoilt pictures",
    "recurrent": "Recurrent networks: guess what comes next, remember what came long ago",
    "gan": "Generative adversarial networks: two networks learn by outwitting each other",
    "svm": "Support-vector machine against network",
}

LABS: Registry[Lab] = Registry(
    "lab",
    [
        Lab(name="labs01-firstcnn", title="Train your first convolutional network, on CIFAR-10"),
        Lab(name="chapter01-1-colourise", title="Colours for grey photos: choose or average, pale or vivid"),
        Lab(name="chapter01-2-translate", title="A machine that translates: read, remember or look back, write"),
        Lab(name="chapter01-3-drive", title="A network that drives: imitate, come back from mistakes, be pushed"),
        *(
            Lab(name=f"chapter02-{number}-{name}", title=title)
            for number, (name, title) in enumerate(_CHAPTER_2.items(), start=1)
        ),
        Lab(name="chapter03-tuning", title="Tuning: by hand, by grid, by chance, and more cleverly"),
        Lab(name="labs02-transferlearning", title="Transfer learning in three modes, on Caltech-101"),
    ],
    aliases={
        "1": "labs01-firstcnn",
        "2": "labs02-transferlearning",
        "3": "chapter03-tuning",
        "1.1": "chapter01-1-colourise",
        "1.2": "chapter01-2-translate",
        "1.3": "chapter01-3-drive",
        **{f"2.{number}": f"chapter02-{number}-{name}" for number, name in enumerate(_CHAPTER_2, start=1)},
    },
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
