"""How the systems of ``learnet.energy`` are written as arrays and plain values, and made again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle.arguments import Arguments
from learnet.bundle.info import WEIGHTS
from learnet.bundle.kind import Kind, check_arrays, check_bits, describe_random, layout_size, restore_random
from learnet.energy import (
    CODINGS,
    RULES,
    VISIBLE,
    Annealing,
    BoltzmannMachine,
    Hopfield,
    ModernHopfield,
    RestrictedBoltzmannMachine,
)

if TYPE_CHECKING:
    from learnet.bundle.kind import Arrays, Layout

_FLOATS = ("float32", "float64")
_CUES = 4


def _describe_hopfield(memory: Hopfield) -> dict[str, Any]:
    weights = memory.weights  # refuses a network that has learned nothing
    return {
        "rule": memory.rule.name,
        "coding": memory.coding.name,
        "threshold": float(memory.threshold),
        "networks": memory.networks,
        "patterns": _stored(memory).shape[0 if memory.networks is None else 1],
        "shape": list(memory.shape),
        "precision": str(weights.dtype),
    }


def _hopfield_arrays(memory: Hopfield) -> Arrays:
    return {"weights": memory.weights, "patterns": _bits(_stored(memory))}


def _stored(memory: Hopfield) -> np.ndarray:
    return np.asarray(memory.patterns)


def _bits(states: np.ndarray) -> np.ndarray:
    return (states > 0).astype(np.uint8)


def _hopfield_layout(arguments: object) -> tuple[Hopfield, Layout]:
    """Return a network that has learned nothing, and what its arrays must be."""
    names = ("rule", "coding", "threshold", "networks", "patterns", "shape", "precision")
    given = Arguments(arguments, names)
    memory = Hopfield(
        rule=given.choice("rule", RULES.names()),
        coding=given.choice("coding", CODINGS.names()),
        threshold=given.number("threshold"),
        networks=None if given["networks"] is None else given.whole("networks"),
    )
    lead = () if memory.networks is None else (memory.networks,)
    shape = given.sizes("shape")
    units = math.prod(shape)
    return memory, {
        "weights": (given.choice("precision", _FLOATS), (*lead, units, units)),
        "patterns": ("uint8", (*lead, given.whole("patterns"), *shape)),
    }


def _build_hopfield(arguments: dict[str, Any], arrays: Arrays) -> Hopfield:
    memory, layout = _hopfield_layout(arguments)
    check_arrays(arrays, layout, what=WEIGHTS)
    check_bits(arrays["patterns"], what=f"In {WEIGHTS}, 'patterns'")
    spins = 2.0 * arrays["patterns"].astype(np.float32) - 1
    return memory.set_weights(arrays["weights"], patterns=memory.coding.states(spins))


def _hopfield_cues(memory: Hopfield, random: np.random.Generator) -> Arrays:
    lead = () if memory.networks is None else (memory.networks,)
    return {"states": random.integers(0, 2, (*lead, _CUES, *memory.shape), dtype=np.uint8)}


def _hopfield_answers(memory: Hopfield, cues: Arrays) -> Arrays:
    check_bits(cues["states"], what="The cues of a Hopfield network")
    # where a cue comes to rest may hang on the last bit of a field; its energy does not
    states = memory.coding.states(2.0 * cues["states"].astype(np.float32) - 1)
    return {"energy": memory.energy(states)}


def _describe_modern(memory: ModernHopfield) -> dict[str, Any]:
    patterns = _modern_arrays(memory)["patterns"]
    return {
        "beta": float(memory.beta),
        "patterns": len(patterns),
        "shape": list(memory.shape),
        "precision": str(patterns.dtype),
    }


def _modern_arrays(memory: ModernHopfield) -> Arrays:
    if memory.patterns is None:
        memory.energy(())  # raises: it stores nothing yet
    return {"patterns": np.asarray(memory.patterns)}


def _modern_layout(arguments: object) -> Layout:
    given = Arguments(arguments, ("beta", "patterns", "shape", "precision"))
    units = math.prod(given.sizes("shape"))
    return {"patterns": (given.choice("precision", _FLOATS), (given.whole("patterns"), units))}


def _build_modern(arguments: dict[str, Any], arrays: Arrays) -> ModernHopfield:
    check_arrays(arrays, _modern_layout(arguments), what=WEIGHTS)
    given = Arguments(arguments, arguments)
    patterns = np.array(arrays["patterns"]).reshape(-1, *given.sizes("shape"))
    return ModernHopfield(beta=given.number("beta")).fit(patterns)


def _modern_cues(memory: ModernHopfield, random: np.random.Generator) -> Arrays:
    return {"states": random.standard_normal((_CUES, *memory.shape), dtype=np.float32)}


def _modern_answers(memory: ModernHopfield, cues: Arrays) -> Arrays:
    return {"energy": memory.energy(cues["states"])}


def _describe_boltzmann(machine: BoltzmannMachine) -> dict[str, Any]:
    schedule = machine.annealing
    return {
        "visible": machine.visible,
        "hidden": machine.hidden,
        "machines": machine.machines,
        "annealing": [{"time": int(time), "temperature": float(heat)} for time, heat in schedule.steps],
        "counting": schedule.counting,
        "random": describe_random(machine.random),
    }


def _boltzmann_arrays(machine: BoltzmannMachine) -> Arrays:
    return {"table": machine.table, "mask": machine.mask.astype(np.uint8)}


def _boltzmann_layout(arguments: object) -> tuple[Arguments, Layout]:
    given = Arguments(arguments, ("visible", "hidden", "machines", "annealing", "counting", "random"))
    units = given.whole("visible") + given.whole("hidden", least=0)
    return given, {"table": ("float32", (given.whole("machines"), units, units)), "mask": ("uint8", (units, units))}


def _build_boltzmann(arguments: dict[str, Any], arrays: Arrays) -> BoltzmannMachine:
    given, layout = _boltzmann_layout(arguments)
    check_arrays(arrays, layout, what=WEIGHTS)
    check_bits(arrays["mask"], what=f"In {WEIGHTS}, 'mask'")
    machine = BoltzmannMachine(
        visible=given.whole("visible"),
        hidden=given.whole("hidden", least=0),
        mask=arrays["mask"].astype(bool),
        machines=given.whole("machines"),
        annealing=Annealing(steps=_steps(given), counting=given.whole("counting")),
    )
    machine.set_weights(arrays["table"], biases=arrays["table"].diagonal(axis1=1, axis2=2))
    machine.random = restore_random(given["random"])
    return machine


def _steps(given: Arguments) -> tuple[tuple[int, float], ...]:
    """Return the steps of an annealing."""
    steps = [
        Arguments(item, ("time", "temperature"), place=f"arguments['annealing'][{number}]")
        for number, item in enumerate(given.items("annealing"))
    ]
    return tuple((step.whole("time", least=0), step.number("temperature")) for step in steps)


def _boltzmann_cues(machine: BoltzmannMachine, random: np.random.Generator) -> Arrays:
    return {"states": random.integers(0, 2, (machine.machines, _CUES, machine.units), dtype=np.uint8)}


def _boltzmann_answers(machine: BoltzmannMachine, cues: Arrays) -> Arrays:
    return {"energy": machine.energy(cues["states"])}


_RBM_WHOLE = {"n_components": 1, "k": 1, "batch_size": 1, "n_iter": 0, "seed": 0}
_RBM_NUMBERS = ("learning_rate", "momentum", "weight_decay")
_RBM_CHOICES = {"visible": tuple(VISIBLE.names()), "method": ("pcd", "cd"), "schedule": ("constant", "linear")}
_RBM_PARTS = ("components", "intercept_hidden", "intercept_visible")


def _describe_rbm(machine: RestrictedBoltzmannMachine) -> dict[str, Any]:
    state = machine.state()
    hidden, features = state["components"].shape
    given = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in machine.get_params().items()
    }
    return {
        "parameters": {**given, "visible": VISIBLE[machine.visible].name},
        "hidden": hidden,
        "features": features,
        "chains": len(state["chains"]),
        "moving": "velocity_components" in state,
        "random": describe_random(machine.random),
    }


def _rbm_layout(arguments: object) -> tuple[Arguments, Layout]:
    given = Arguments(arguments, ("parameters", "hidden", "features", "chains", "moving", "random"))
    hidden, features = given.whole("hidden"), given.whole("features")
    parts = dict(zip(_RBM_PARTS, ((hidden, features), (hidden,), (features,)), strict=True))
    if given.flag("moving"):
        parts |= {f"velocity_{name}": shape for name, shape in parts.items()}
    parts["chains"] = given.whole("chains"), hidden
    return given, {name: ("float32", shape) for name, shape in parts.items()}


def _build_rbm(arguments: dict[str, Any], arrays: Arrays) -> RestrictedBoltzmannMachine:
    given, layout = _rbm_layout(arguments)
    check_arrays(arrays, layout, what=WEIGHTS)
    names = (*_RBM_WHOLE, *_RBM_NUMBERS, *_RBM_CHOICES, "n_chains")
    told = Arguments(given["parameters"], names, place="arguments['parameters']")
    chosen: dict[str, Any] = {name: told.whole(name, least=least) for name, least in _RBM_WHOLE.items()}
    chosen |= {name: told.number(name) for name in _RBM_NUMBERS}
    chosen |= {name: told.choice(name, choices) for name, choices in _RBM_CHOICES.items()}
    chosen["n_chains"] = None if told["n_chains"] is None else told.whole("n_chains")
    return RestrictedBoltzmannMachine(**chosen).set_state(arrays, random=restore_random(given["random"]))


def _rbm_cues(machine: RestrictedBoltzmannMachine, random: np.random.Generator) -> Arrays:
    return {"data": random.random((_CUES, machine.n_features_in_), dtype=np.float32)}


def _rbm_answers(machine: RestrictedBoltzmannMachine, cues: Arrays) -> Arrays:
    hidden = machine.transform(cues["data"])
    return {"hidden": hidden, "free_energy": machine.free_energy(cues["data"])}


ENERGY_KINDS = (
    Kind(
        name="hopfield",
        title="a Hopfield network",
        recognises=lambda system: isinstance(system, Hopfield),
        describe=_describe_hopfield,
        arrays=_hopfield_arrays,
        size=lambda arguments: layout_size(_hopfield_layout(arguments)[1]),
        build=_build_hopfield,
        cues=_hopfield_cues,
        answers=_hopfield_answers,
    ),
    Kind(
        name="modern-hopfield",
        title="a modern Hopfield network",
        recognises=lambda system: isinstance(system, ModernHopfield),
        describe=_describe_modern,
        arrays=_modern_arrays,
        size=lambda arguments: layout_size(_modern_layout(arguments)),
        build=_build_modern,
        cues=_modern_cues,
        answers=_modern_answers,
    ),
    Kind(
        name="boltzmann",
        title="a Boltzmann machine",
        recognises=lambda system: isinstance(system, BoltzmannMachine),
        describe=_describe_boltzmann,
        arrays=_boltzmann_arrays,
        size=lambda arguments: layout_size(_boltzmann_layout(arguments)[1]),
        build=_build_boltzmann,
        cues=_boltzmann_cues,
        answers=_boltzmann_answers,
    ),
    Kind(
        name="rbm",
        title="a restricted Boltzmann machine",
        recognises=lambda system: isinstance(system, RestrictedBoltzmannMachine),
        describe=_describe_rbm,
        arrays=lambda machine: machine.state(),
        size=lambda arguments: layout_size(_rbm_layout(arguments)[1]),
        build=_build_rbm,
        cues=_rbm_cues,
        answers=_rbm_answers,
    ),
)
