"""The main job on scikit-learn's handwritten digits, written out as a folder of PNG files: what ``make demo`` runs."""

import shutil
import sys
from pathlib import Path

import cv2
from sklearn.datasets import load_digits

DEMO = Path("demo")
PHOTOS = DEMO / "digits"


def write_digits(folder: Path) -> int:
    """Write each digit to ``folder/CLASS/NUMBER.png``; return how many there are."""
    digits = load_digits()
    for number, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / str(label) / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), (image * (255 / 16)).round().astype("uint8"))
    return len(digits.target)


def main() -> None:
    """Write the photos, turn them into a classifier, and say how to go on."""
    import learnet

    shutil.rmtree(PHOTOS, ignore_errors=True)
    count = write_digits(PHOTOS)
    print(f"{count} handwritten digits written to {PHOTOS}/CLASS/NUMBER.png")
    print(f"$ learnet transfer {PHOTOS} --out {DEMO / 'run'}")
    run = learnet.transfer(PHOTOS, out=DEMO / "run")
    learnet_command = Path(sys.executable).with_name("learnet")
    low, high = run.metrics.accuracy_interval
    print(
        f"\nAccuracy {run.metrics.accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}) on {run.n_test} photos it had "
        f"never seen, in {run.seconds:.0f} s.\n\n"
        f"Report           {run.report.resolve()}\n"
        f"Bundle           {run.bundle.resolve()}\n"
        f"Your own folder  {learnet_command} transfer path/to/photos"
    )


if __name__ == "__main__":
    main()
