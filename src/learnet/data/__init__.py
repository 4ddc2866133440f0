"""From bytes to checked images: reading, decoding, scanning, checking and splitting."""

from learnet.data.check import CheckReport, check, photo_findings, stack_hashes
from learnet.data.dataset import NO_PART, Dataset, Finding, Part, Skipped, natural_key, printable
from learnet.data.decode import MAX_PIXELS, Decoded, decode
from learnet.data.download import RemoteFile, cache_folder, data_folders, fetch
from learnet.data.duplicates import HASH_BYTES, exact_groups, near_duplicate_groups, perceptual_hash
from learnet.data.input_spec import InputSpec
from learnet.data.known import KNOWN, KnownDataset
from learnet.data.resolve import data_name, open_dataset
from learnet.data.sniff import ImageFormat, ImageProblem, sniff
from learnet.data.sources import ArraySource, CifarBinarySource, FileSource, ImageSource, TarSource, content_hash
from learnet.data.splits import merge_groups, split, split_in_three
from learnet.data.stream import FACTS_VERSION, Facts, Photo, stream_photos

__all__ = [
    "FACTS_VERSION",
    "HASH_BYTES",
    "KNOWN",
    "MAX_PIXELS",
    "NO_PART",
    "ArraySource",
    "CheckReport",
    "CifarBinarySource",
    "Dataset",
    "Decoded",
    "Facts",
    "FileSource",
    "Finding",
    "ImageFormat",
    "ImageProblem",
    "ImageSource",
    "InputSpec",
    "KnownDataset",
    "Part",
    "Photo",
    "RemoteFile",
    "Skipped",
    "TarSource",
    "cache_folder",
    "check",
    "content_hash",
    "data_folders",
    "data_name",
    "decode",
    "exact_groups",
    "fetch",
    "merge_groups",
    "natural_key",
    "near_duplicate_groups",
    "open_dataset",
    "perceptual_hash",
    "photo_findings",
    "printable",
    "sniff",
    "split",
    "split_in_three",
    "stack_hashes",
    "stream_photos",
]
