"""A language of two dozen sentences, made up, and its translation."""

_WHO = {"der hund": "the dog", "die katze": "the cat", "ein kind": "a child", "ein mann": "a man"}
_WHAT = {"schläft": "sleeps", "läuft": "runs", "springt": "jumps"}
_WHERE = {"": "", " hier": " here", " im garten": " in the garden"}

_PAIRS = [
    (f"{who}{where} {what}", f"{_WHO[who]} {_WHAT[what]}{_WHERE[where]}")
    for who in _WHO
    for what in _WHAT
    for where in _WHERE
]
GERMAN = [german for german, _ in _PAIRS]
ENGLISH = [english for _, english in _PAIRS]
