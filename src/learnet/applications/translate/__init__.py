"""Sequence to sequence: sentences of one language in, sentences of another out."""

from learnet.applications.translate.batches import Sentences, bucketed, pad, sentence_feed, sources
from learnet.applications.translate.families import FAMILIES, TranslatorFamily, build_networks
from learnet.applications.translate.network import NetworkConfig, Networks
from learnet.applications.translate.objective import NextPiece
from learnet.applications.translate.beam import Found, SearchConfig, search
from learnet.applications.translate.translator import Translation, Translator
from learnet.applications.translate.vocabulary import Vocabulary, clean_text

__all__ = [
    "FAMILIES",
    "Found",
    "NetworkConfig",
    "Networks",
    "NextPiece",
    "SearchConfig",
    "Sentences",
    "Translation",
    "Translator",
    "TranslatorFamily",
    "Vocabulary",
    "bucketed",
    "build_networks",
    "clean_text",
    "pad",
    "search",
    "sentence_feed",
    "sources",
]
