"""Keep a bundle as this version writes it, so that every later version shows that it can open it.

Run at each release: ``python tests/bundle/store_release.py``. The weights follow a recipe (``conftest.recipe``), so
that only the header of their file is stored: a few kilobytes instead of fourteen megabytes.
"""

import tempfile
from pathlib import Path

RELEASES = Path(__file__).parent / "releases"


def header_of(weights: bytes) -> bytes:
    """Return a safetensors file's length field and header."""
    return weights[: 8 + int.from_bytes(weights[:8], "little")]


def main() -> None:
    import numpy as np

    import learnet
    from conftest import make_images, make_info, make_model
    from learnet.bundle import save_bundle
    from learnet.core import versions

    model, images = make_model(), make_images(3)
    info = make_info(learnet_version=learnet.__version__, versions=versions("keras", "numpy", "safetensors"))
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "bundle"
        save_bundle(
            saved,
            info=info,
            model=model,
            golden_images=images,
            golden_outputs=np.asarray(model(images, training=False)),
        )
        kept = RELEASES / learnet.__version__
        kept.mkdir(parents=True)
        for name in ("bundle.json", "golden.safetensors"):
            (kept / name).write_bytes((saved / name).read_bytes())
        (kept / "weights.header").write_bytes(header_of((saved / "weights.safetensors").read_bytes()))


if __name__ == "__main__":
    main()
