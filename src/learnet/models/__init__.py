"""Networks by name: uint8 images in, features or class probabilities out; random weights, no downloads."""

from learnet.models.architectures import ARCHITECTURES, Architecture, backbone, weight_items, with_head
from learnet.models.preprocessing import Preprocessing

__all__ = ["ARCHITECTURES", "Architecture", "Preprocessing", "backbone", "weight_items", "with_head"]
