"""What the labs' notebooks share: photos, a budget of time, pictures; and where the notebooks are."""

from learnet.labs.budget import Budget
from learnet.labs.digits import LabDigits, lab_digits
from learnet.labs.few_photos import FewPhotos, few_photos
from learnet.labs.photos import LabPhotos, lab_photos
from learnet.labs.play import Playground, play
from learnet.labs.shelf import LABS, Lab, take_lab
from learnet.labs.show import LiveCurves, Picture, show

__all__ = [
    "LABS",
    "Budget",
    "FewPhotos",
    "Lab",
    "LabDigits",
    "LabPhotos",
    "LiveCurves",
    "Picture",
    "Playground",
    "few_photos",
    "lab_digits",
    "lab_photos",
    "play",
    "show",
    "take_lab",
]
