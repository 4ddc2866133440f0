"""What machine this is: cores, memory, CPU flags. Read without importing anything heavy."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A probe of the machine.

    Attributes:
        system: Operating system and architecture, e.g. ``"Linux x86_64"``.
        cpu: The processor's own name.
        cores: Cores that this process may use (affinity and container limits respected).
        memory_bytes: Physical memory in bytes, 0 if unknown.
        flags: Instruction-set flags that matter for speed, e.g. ``("avx2", "fma")``.
        python: Python's version.
    """

    system: str
    cpu: str
    cores: int
    memory_bytes: int
    flags: tuple[str, ...]
    python: str

    def describe(self) -> str:
        """Return one line for reports and benchmarks."""
        gigabytes = self.memory_bytes / 1e9
        return f"{self.cpu}, {self.cores} cores, {gigabytes:.0f} GB, {self.system}, Python {self.python}"


_INTERESTING_FLAGS = (
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "amx_bf16",
    "amx_int8",
    "neon",
    "asimd",
)


def probe() -> Machine:
    """Look at the machine."""
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu_name(),
        cores=usable_cores(),
        memory_bytes=_memory_bytes(),
        flags=tuple(flag for flag in _INTERESTING_FLAGS if flag in _cpu_flags()),
        python=platform.python_version(),
    )


def usable_cores() -> int:
    """Return how many cores this process may use: affinity, then the container's CPU quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, round(int(quota) / int(period))))


def peak_memory_bytes() -> int:
    """Return the most memory that this process ever held (resident set), in bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    own = _high_water_mark()
    if own:
        return own
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _high_water_mark() -> int:
    """Return Linux' own figure, 0 elsewhere: ``getrusage`` there counts what the parent held before it started us."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
    except (OSError, ValueError, IndexError):
        return 0


def _cpuinfo(field: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == field), "")


def _cpu_name() -> str:
    return _cpuinfo("model name") or platform.processor() or "unknown processor"


def _cpu_flags() -> frozenset[str]:
    return frozenset((_cpuinfo("flags") or _cpuinfo("Features")).split())


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
