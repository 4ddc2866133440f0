"""Networks by name: uint8 images in, features or class probabilities out; random weights, no downloads."""

from learnet.models.architectures import ARCHITECTURES, Architecture
from learnet.models.graph import LayerNode, block_nodes
from learnet.models.networks import Network, backbone, network, weight_items, with_head
from learnet.models.preprocessing import Preprocessing
from learnet.models.profile import LayerRow, Profile, layer_rows, most_parameters, profile, published_profiles
from learnet.models.svm import with_machine

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "LayerNode",
    "LayerRow",
    "Network",
    "Preprocessing",
    "Profile",
    "backbone",
    "block_nodes",
    "layer_rows",
    "most_parameters",
    "network",
    "profile",
    "published_profiles",
    "weight_items",
    "with_head",
    "with_machine",
]
