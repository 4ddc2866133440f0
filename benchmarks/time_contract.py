"""The forecast and the limit: for each limit and data set the error of the one and the overrun of the other.

What is aimed at: a forecast error under 25 %, an overrun of at most 5 %, evaluation and saving included. Each run has
a process and a cache of its own, and the time counts from the shell's prompt. Needs LEARNET_DATA_DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from learnet.core import probe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="digits,caltech101,cifar10")
    parser.add_argument("--limits", default="60,180,600", help="seconds; 'none' for a run without a limit")
    parser.add_argument("--mode", default="auto")
    asked = parser.parse_args()
    print(probe().describe())
    print("data          limit   forecast   taken   forecast's error   overrun   mode      accuracy")
    held = True
    for data in asked.data.split(","):
        for limit in asked.limits.split(","):
            held &= measure(data, limit, asked.mode)
    sys.exit(0 if held else 1)


def measure(data: str, limit: str, mode: str) -> bool:
    """Run once, print a line, and tell whether both aims were met."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["learnet", "transfer", data, "--mode", mode, "--json", "--quiet", "--out", f"{folder}/run"]
        command += [] if limit == "none" else ["--time-limit", limit]
        environment = {**os.environ, "LEARNET_CACHE_DIR": f"{folder}/cache"}
        if data != "digits":
            environment["LEARNET_OFFLINE"] = "1"
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        taken = time.perf_counter() - begin
    told = json.loads(done.stdout.splitlines()[-1])
    if done.returncode:
        print(f"{data:12} {limit:>6}   refused after {taken:.0f} s: {told['error']}")
        return False
    error = abs(told["forecast_seconds"] - taken) / taken
    overrun = 0.0 if limit == "none" else max(0.0, taken / float(limit) - 1)
    print(
        f"{data:12} {limit:>6} {told['forecast_seconds']:10.0f} {taken:7.0f} {error:18.0%} {overrun:9.1%}   "
        f"{told['mode']:8} {told['accuracy']:.4f}",
        flush=True,
    )
    return error < 0.25 and overrun <= 0.05


if __name__ == "__main__":
    main()
