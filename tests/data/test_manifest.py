import pytest

from learnet.core import DataError
from learnet.data.dataset import NO_PART, Part
from learnet.data.manifest import read_manifest


@pytest.fixture
def manifest(tree):
    """Write a manifest beside four files and return its path."""
    root = tree("img/1.jpg", "img/2.jpg", "img/3.jpg", "img/4.jpg")

    def write(text: str, name: str = "list.csv"):
        path = root / name
        path.write_bytes(text.encode("utf-8"))
        return path

    return write


ROWS = "img/1.jpg,cat\nimg/2.jpg,dog\nimg/3.jpg,cat\n"


def test_paths_and_labels(manifest):
    dataset = read_manifest(manifest("path,label\n" + ROWS))
    assert dataset.names() == ["img/1.jpg", "img/2.jpg", "img/3.jpg"]
    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 1, 0]
    assert (dataset.parts == NO_PART).all()
    assert dataset.groups is None
    assert dataset.source.read(0) == b"x"
    assert "manifest, 2 classes, 3 photos" in dataset.layout


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffPath , LABEL\nimg/1.jpg, 9\nimg/2.jpg ,10\n",
        "label;path;colour\n9;img/1.jpg;red\n10;img/2.jpg;blue\n",
        'path\tlabel\r\nimg/1.jpg\t"9"\r\n\r\nimg\\2.jpg\t10\r\n',
    ],
    ids=["byte order mark, case, spaces", "semicolons, other columns", "tabs, quotes, backslash"],
)
def test_ways_of_writing_a_table(manifest, text):
    dataset = read_manifest(manifest(text))
    assert dataset.names() == ["img/1.jpg", "img/2.jpg"]
    assert dataset.class_names == ("9", "10")
    assert dataset.labels.tolist() == [0, 1]


def test_split_and_group(manifest):
    text = "path,label,split,group\nimg/1.jpg,a,Train,x\nimg/2.jpg,b,valid,x\nimg/3.jpg,a,test,\nimg/4.jpg,b,,y\n"
    dataset = read_manifest(manifest(text))
    assert dataset.parts.tolist() == [Part.TRAIN, Part.VAL, Part.TEST, NO_PART]
    assert dataset.groups == ("x", "x", "row 3", "y")
    assert "given split: 1 train, 1 val, 1 test" in dataset.layout


def test_parquet_gives_the_same(manifest):
    import pandas as pd

    frame = pd.DataFrame(
        {"label": [1, 2, None], "path": ["img/1.jpg", "img/2.jpg", "img/3.jpg"], "split": ["train", "test", None]}
    )
    path = manifest("", name="list.parquet")
    frame.astype({"label": "Int64"}).to_parquet(path)
    dataset = read_manifest(path)
    assert dataset.class_names == ("1", "2")
    assert dataset.parts.tolist() == [Part.TRAIN, Part.TEST]
    assert [(item.path, item.reason) for item in dataset.skipped] == [("img/3.jpg", "The row has no label.")]


def test_bad_rows_are_skipped_with_their_reason(manifest):
    text = (
        "path,label\nimg/1.jpg,cat\nimg/2.jpg,dog\nimg/none.jpg,cat\nimg/3.jpg,\n,cat\nimg,cat\n"
        "img/1.jpg,cat\n./img/2.jpg,cat\n"
    )
    dataset = read_manifest(manifest(text))
    assert [(item.path, item.reason) for item in dataset.skipped] == [
        ("img/none.jpg", "There is no such file."),
        ("img/3.jpg", "The row has no label."),
        ("row 5", "The row has no path."),
        ("img", "There is no such file."),
        ("img/1.jpg", "The file is listed already, in row 1."),
        ("./img/2.jpg", "The file is listed already in row 2, there with the label 'dog', here 'cat'."),
    ]
    assert dataset.found == 8


def test_absolute_paths(manifest, tmp_path):
    path = (tmp_path / "photos" / "img" / "1.jpg").as_posix()
    dataset = read_manifest(manifest(f"path,label\n{path},cat\nimg/2.jpg,dog\n"))
    assert dataset.source.read(0) == b"x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("file,label\n" + ROWS, "no column 'path'; its columns are file, label"),
        ("path,class\n" + ROWS, "no column 'label'"),
        ("path,label,split\nimg/1.jpg,a,tarin\n", "Row 1 .* has the split 'tarin'. Known are train, val and test"),
        ("path,label\nimg/1.jpg\n", "Row 1 .* has 1 fields, and the header 2"),
        ("path,label\nno/1.jpg,a\nno/2.jpg,b\n", "None of the 2 rows .* relative to the manifest's folder"),
        ("path,label\nimg/1.jpg,a\nimg/2.jpg,a\n", "only one class, 'a'"),
        ('path,label\n"img/1.jpg,a\n', "not a readable CSV"),
    ],
)
def test_what_is_no_manifest_is_refused(manifest, text, message):
    with pytest.raises(DataError, match=message):
        read_manifest(manifest(text))


def test_binary_files_are_refused(manifest):
    path = manifest("")
    path.write_bytes(b"\xff\xfe\x00path")
    with pytest.raises(DataError, match="not UTF-8"):
        read_manifest(path)
    parquet = manifest("PAR1 nonsense", name="list.parquet")
    with pytest.raises(DataError, match="not a readable Parquet"):
        read_manifest(parquet)
