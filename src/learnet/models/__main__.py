"""Counts every published network and writes the table that the package brings."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from learnet.core import write_text
from learnet.models.profile import TABLE, count_all

if __name__ == "__main__":
    counted = {name: asdict(found) for name, found in count_all().items()}
    write_text(Path(__file__).with_name(TABLE), json.dumps(counted, indent=1) + "\n")
