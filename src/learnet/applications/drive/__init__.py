"""Self-driving: PilotNet learns from an expert in a simulator that nobody here wrote, and then drives by pixels alone.

The simulator is Gymnasium's ``CarRacing-v3`` (``pip install 'learnet[drive]'``). Lengths are in its units; a car is 5
long, the road 13 wide.
"""

from learnet.applications.drive.control import action_of, speed_on_dashboard
from learnet.applications.drive.driver import PILOT, Pilot, load_pilot, new_network, save_pilot
from learnet.applications.drive.evaluate import Driven, Judged, judge
from learnet.applications.drive.expert import Command, Expert
from learnet.applications.drive.imitation import NOWHERE_ELSE, Displacement, Examples, Imitation, curve_weights
from learnet.applications.drive.laps import (
    Conditions,
    Driver,
    ExpertDriver,
    Knocks,
    Lap,
    autonomy,
    autonomy_of,
    drive_lap,
)
from learnet.applications.drive.lesson import displacement_of
from learnet.applications.drive.recording import Drive, Recording, open_recording, record
from learnet.applications.drive.road import Pose, Road
from learnet.applications.drive.saliency import visual_back_prop
from learnet.applications.drive.simulator import Simulator, simulator_is_installed
from learnet.applications.drive.tracks import check_unseen, track_seeds
from learnet.applications.drive.train import DriverRun, resume_driver, train_driver
from learnet.applications.drive.view import seen_from, view
from learnet.applications.drive.watch import Video, watch
from learnet.options.drive import ImitationConfig

__all__ = [
    "NOWHERE_ELSE",
    "PILOT",
    "Command",
    "Conditions",
    "Displacement",
    "Drive",
    "Driven",
    "Driver",
    "DriverRun",
    "Examples",
    "Expert",
    "ExpertDriver",
    "Imitation",
    "ImitationConfig",
    "Judged",
    "Knocks",
    "Lap",
    "Pilot",
    "Pose",
    "Recording",
    "Road",
    "Simulator",
    "Video",
    "action_of",
    "autonomy",
    "autonomy_of",
    "check_unseen",
    "curve_weights",
    "displacement_of",
    "drive_lap",
    "judge",
    "load_pilot",
    "new_network",
    "open_recording",
    "record",
    "resume_driver",
    "save_pilot",
    "seen_from",
    "simulator_is_installed",
    "speed_on_dashboard",
    "track_seeds",
    "train_driver",
    "view",
    "visual_back_prop",
    "watch",
]
