"""The ground floor: errors, atomic files, hashing, seeds, progress, hardware, backends, registries."""

from learnet.core.backends import installed_backends, keras, keras_sees_gpu, require_backend, versions
from learnet.core.errors import (
    BundleError,
    DataError,
    LearnetError,
    MissingDependencyError,
    UsageError,
    WeightsError,
    unknown_name,
)
from learnet.core.files import atomic_folder, write_bytes, write_json, write_text
from learnet.core.hardware import Machine, peak_memory_bytes, probe, usable_cores
from learnet.core.hashing import fingerprint, sha256_bytes, sha256_file
from learnet.core.progress import Lines, Live, Progress, Silent, default_progress
from learnet.core.quiet import can_be_quiet, silent_c_libraries
from learnet.core.registry import Registry
from learnet.core.seeds import generator
from learnet.core.text import visible

__all__ = [
    "BundleError",
    "DataError",
    "LearnetError",
    "Lines",
    "Live",
    "Machine",
    "MissingDependencyError",
    "Progress",
    "Registry",
    "Silent",
    "UsageError",
    "WeightsError",
    "atomic_folder",
    "can_be_quiet",
    "default_progress",
    "fingerprint",
    "generator",
    "installed_backends",
    "keras",
    "keras_sees_gpu",
    "peak_memory_bytes",
    "probe",
    "require_backend",
    "sha256_bytes",
    "sha256_file",
    "silent_c_libraries",
    "unknown_name",
    "usable_cores",
    "versions",
    "visible",
    "write_bytes",
    "write_json",
    "write_text",
]
