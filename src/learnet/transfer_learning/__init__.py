"""Backbones with weights, features and their cache, heads, and the conductor of the main job."""

from learnet.options.transfer import Mode, TransferConfig
from learnet.transfer_learning.baselines import SimpleMethod, answer_simply, measure_baselines
from learnet.transfer_learning.bundle_backbone import BundleBackbone, load_bundle_backbone
from learnet.transfer_learning.cache import FeatureCache
from learnet.transfer_learning.cache_database import CacheError
from learnet.transfer_learning.cards import BACKBONES, BackboneCard
from learnet.transfer_learning.extraction import Extractor, space_key
from learnet.transfer_learning.head import Head, HeadResult, solve_head
from learnet.transfer_learning.transfer import resume, transfer
from learnet.transfer_learning.weights import LoadedBackbone, PretrainedBackbone, load_backbone

__all__ = [
    "BACKBONES",
    "BackboneCard",
    "BundleBackbone",
    "CacheError",
    "Extractor",
    "FeatureCache",
    "Head",
    "HeadResult",
    "LoadedBackbone",
    "Mode",
    "PretrainedBackbone",
    "SimpleMethod",
    "TransferConfig",
    "answer_simply",
    "load_backbone",
    "load_bundle_backbone",
    "measure_baselines",
    "resume",
    "solve_head",
    "space_key",
    "transfer",
]
