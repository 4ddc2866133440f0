"""Colours for grey photos: a network that chooses among colours, one that averages them, and the way to new photos."""

from learnet.applications.colourise.annealing import annealed_mean, with_colours
from learnet.applications.colourise.apply import Coloured, ColouredPhoto, colour_photo, colourise, grey_of
from learnet.applications.colourise.colour import chroma, join, luminance
from learnet.applications.colourise.colouriser import Colouriser, make_colouriser
from learnet.applications.colourise.examine import Examined, Summary, TemperatureRow, choose_temperature, examine
from learnet.applications.colourise.feeds import checking_feed, training_feed
from learnet.applications.colourise.grid import ColourGrid, choose_colours, rebalancing_weights
from learnet.applications.colourise.lesson import Lesson, make_lesson
from learnet.applications.colourise.measures import colourfulness, psnr, saturation, squared_error
from learnet.applications.colourise.objectives import RebalancedColours, SquaredColours
from learnet.applications.colourise.photos import ColourPhotos, decode_photos, open_photos
from learnet.applications.colourise.publish import ColouriseRun
from learnet.applications.colourise.save import load_colouriser, save_colouriser
from learnet.applications.colourise.train import resume_colouriser, train_colouriser
from learnet.options.colourise import ColouriseConfig

__all__ = [
    "ColourGrid",
    "ColourPhotos",
    "Coloured",
    "ColouredPhoto",
    "ColouriseConfig",
    "ColouriseRun",
    "Colouriser",
    "Examined",
    "Lesson",
    "RebalancedColours",
    "SquaredColours",
    "Summary",
    "TemperatureRow",
    "annealed_mean",
    "checking_feed",
    "choose_colours",
    "choose_temperature",
    "chroma",
    "colour_photo",
    "colourfulness",
    "colourise",
    "decode_photos",
    "examine",
    "grey_of",
    "join",
    "load_colouriser",
    "luminance",
    "make_colouriser",
    "make_lesson",
    "open_photos",
    "psnr",
    "rebalancing_weights",
    "resume_colouriser",
    "saturation",
    "save_colouriser",
    "squared_error",
    "train_colouriser",
    "training_feed",
    "with_colours",
]
