"""Sequence to sequence: sentences of one language in, sentences of another out."""

from learnet.applications.translate.apply import AppliedText, translate_text
from learnet.applications.translate.batches import Sentences, bucketed, pad, sentence_feed, sources
from learnet.applications.translate.beam import Found, SearchConfig, search
from learnet.applications.translate.families import FAMILIES, TranslatorFamily, build_networks
from learnet.applications.translate.network import NetworkConfig, Networks, network_config
from learnet.applications.translate.objective import NextPiece
from learnet.applications.translate.pairs import Corpus, Pairs, SkippedLine, open_corpus, read_pairs
from learnet.applications.translate.run import Tested, TranslateRun, measure_translator
from learnet.applications.translate.save import TRANSLATOR, load_translator, save_translator
from learnet.applications.translate.scores import Scores, score, score_each
from learnet.applications.translate.texts import decode_text, read_lines, split_lines
from learnet.applications.translate.train import resume_translator, train_translator
from learnet.applications.translate.translator import Translation, Translator
from learnet.applications.translate.vocabulary import Vocabulary, clean_text
from learnet.options.translate import TranslateConfig

__all__ = [
    "FAMILIES",
    "TRANSLATOR",
    "AppliedText",
    "Corpus",
    "Found",
    "NetworkConfig",
    "Networks",
    "NextPiece",
    "Pairs",
    "Scores",
    "SearchConfig",
    "Sentences",
    "SkippedLine",
    "Tested",
    "TranslateConfig",
    "TranslateRun",
    "Translation",
    "Translator",
    "TranslatorFamily",
    "Vocabulary",
    "bucketed",
    "build_networks",
    "clean_text",
    "decode_text",
    "load_translator",
    "measure_translator",
    "network_config",
    "open_corpus",
    "pad",
    "read_lines",
    "read_pairs",
    "resume_translator",
    "save_translator",
    "score",
    "score_each",
    "search",
    "sentence_feed",
    "sources",
    "split_lines",
    "train_translator",
    "translate_text",
]
