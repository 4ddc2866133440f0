"""The limit is kept, whatever things take: the real conductor, and a clock that moves only when it is told to."""

import math
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learnet.core import Silent, UsageError
from learnet.data import InputSpec
from learnet.runs import Product, RunResult
from learnet.training import EpochRow, Fitted
from learnet.transfer_learning import modes
from learnet.transfer_learning.budget import GUESSED, SOLVING, TIMED, Budget, OutOfTime
from learnet.transfer_learning.extraction import NO_TIME
from learnet.transfer_learning.fine_tuning import Inner, State, Tuned
from learnet.transfer_learning.forecast import Forecast, TrainingCost, _Rehearsal, _Sizes
from learnet.transfer_learning.timing import BASELINES_SHARE, LAST_SOLUTION, Speeds
from learnet.transfer_learning.trained import with_finding
from tiny_configs import transfer_config

transfer_module = sys.modules["learnet.transfer_learning.transfer"]  # the package's name is the function's


def test_what_must_follow_is_set_aside_until_it_is_done():
    now = [10.0]
    budget = Budget(start=10.0, limit=100.0, clock=lambda: now[0])
    assert budget.left() == pytest.approx(99.0)
    budget.expect("a", 20.0, doubt=0.5)
    budget.expect("b", 10.0, doubt=0.0)
    assert budget.until() == pytest.approx(10 + 99 - 40)
    budget.expect("b", 5.0, doubt=0.0)
    with budget.measuring("a"):
        now[0] += 30.0
        assert budget.left() == pytest.approx(99 - 5 - 30)
    assert (budget.took("a"), budget.took("b"), budget.expected("a")) == (30.0, 0.0, 20.0)
    assert budget.allows(60.0, doubt=0.06)
    assert not budget.allows(60.0, doubt=0.07)
    now[0] += 70.0
    with pytest.raises(OutOfTime, match="The time was up while it slept"):
        budget.check("it slept")
    endless = Budget(start=0.0, limit=None)
    assert (endless.until(), endless.left()) == (None, math.inf)


class World:
    """What everything is thought to take, and what it takes."""

    def __init__(self, *, limit, mode, thought, factors, sizes, better):
        self.now, self.limit, self.mode = 0.0, limit, mode
        self.photo, self.step, self.starting, self.publishing, self.solving = thought
        self.factors, self.better = factors, better
        self.photos, self.train = sizes
        self.checked = max(4, self.train - round(0.8 * self.train))
        self.looked, self.unaffordable = 1.0, frozenset()
        self.published, self.epochs, self.findings, self.keep = [], 0, [], mode != "auto"

    def clock(self):
        return self.now

    def spend(self, name, seconds):
        self.now += seconds * self.factors[name]

    def speeds(self, *_, **__):
        self.now += 1.0
        told = {"compiling": self.starting, "computing": self.photo, "looking": 0.0, "cached_share": 0.0}
        told |= {"preparing": 0.0, "shaping": 0.0, "passing": self.solving / 133, "stepping": 0.0}
        return Speeds(**told, drawing=self.publishing - 0.3 - self.starting / 2), None

    def forecast(self, *_, **__):
        costs = {"partial": self.cost(), "full": self.cost()}
        told = {"limit": self.limit, "expected": self.now, "unaffordable": self.unaffordable}
        return Forecast(stages={"starting": self.now}, costs=costs, **told)

    def cost(self):
        return TrainingCost(step=self.step, starting=self.starting, batch_size=16, epochs=8)

    def extractor(self, *_, deadline, most, **__):
        def run(dataset):
            for done in range(self.photos):
                if self.now > deadline or done >= most:
                    self.looked = done / self.photos
                    left = [types.SimpleNamespace(reason=NO_TIME)] * (self.photos - done)
                    return types.SimpleNamespace(skipped=left, computed=done)
                self.spend("photo", self.photo)
            return types.SimpleNamespace(skipped=[], computed=self.photos)

        return types.SimpleNamespace(run=run)

    def solve(self, is_late, share=1.0):
        for strength in range(5):
            if strength and is_late():
                break
            self.spend("solving", 0.15 * share * self.looked * self.solving)
        self.spend("solving", LAST_SOLUTION * share * self.looked * self.solving)

    def study(self, divided, *, budget, **_):
        with budget.measuring(SOLVING):
            self.solve(lambda: budget.left() < LAST_SOLUTION * budget.expected(SOLVING))
        if budget.allows(BASELINES_SHARE * budget.took(SOLVING), doubt=GUESSED):
            self.spend("solving", BASELINES_SHARE * self.looked * self.solving)
        made = types.SimpleNamespace(baselines=(), test=np.arange(self.photos - self.train))
        return made, types.SimpleNamespace(head=types.SimpleNamespace(kernel=np.zeros(0), bias=np.zeros(0)))

    def solve_again(self, *_, is_late, **__):
        self.solve(is_late, share=0.8)
        head = types.SimpleNamespace(kernel=np.zeros(0), bias=np.zeros(0))
        return types.SimpleNamespace(head=head, measured_probabilities=np.eye(2)[np.arange(self.checked) % 2])

    def examples(self, trainable, rows):
        if trainable.mode == "partial":
            self.spend("starting", self.starting)
        for _row in rows:
            if trainable.is_late():
                raise OutOfTime("The time was up while what stays frozen was computed.")
            self.spend("photo", self.photo)

    def tune(self, trainable, divided, loaded, inner, *, how, deadline, everything=False, **_):
        begin, count = self.now, self.train if everything else round(0.8 * self.train)
        steps, validating = math.ceil(count / 16), 0.08 * self.step * self.train / 16
        self.spend("starting", self.starting)
        rows = []
        for epoch in range(how.epochs):
            late = False
            for _step in range(steps):
                self.spend("step", self.step)
                late = self.now + self.factors["step"] * (self.step + validating) > deadline
                if late:
                    break
            self.spend("step", validating)
            rows.append(EpochRow(epoch=epoch + 1, loss=0, accuracy=0, val_loss=0, val_accuracy=0, learning_rate=0))
            if late:
                break
        self.epochs += len(rows)
        fitted = Fitted(
            history=tuple(rows), best_epoch=1, reason="", seconds=self.now - begin, waited_share=0, jit=False
        )
        logits = np.eye(2, dtype=np.float32)[[int(self.better)] * self.checked]
        return Tuned(state=State(weights=[], kernel=np.zeros(0), bias=np.zeros(0)), check_logits=logits, fitted=fitted)

    def test_chosen(self, chosen, made, *_, budget, **__):
        self.spend("starting", self.starting)
        for _photo in made.test:
            budget.check("what was trained was tested")
            self.spend("photo", self.photo)
        return made, None

    def publish(self, folder, made, product, **_):
        self.spend("publishing", self.publishing)
        self.published.append((product.details["mode"], self.now))
        plain = dict.fromkeys(("n_train", "n_val", "n_test", "n_classes", "n_found", "n_skipped", "n_computed"), 0)
        rest = {"metrics": None, "seconds": 0.0, "stages": {}, "peak_memory_bytes": 0, "details": product.details}
        return RunResult(folder=folder, config=None, **plain, **rest)


def config_of(world):
    more = {"versions": 3} if world.mode in ("partial", "auto") else {}
    return transfer_config(mode=world.mode, time_limit=world.limit, keep_mode=world.keep, **more)


def run(world, patch):
    """Do what ``transfer`` does after the photos are found; return why it was refused, if it was."""
    config = config_of(world)
    extractor = types.SimpleNamespace(of=world.extractor)
    known = {"measure_speeds": world.speeds, "forecast": world.forecast, "Extractor": extractor}
    known |= {"study": world.study, "publish": world.publish, "measure_chosen": world.test_chosen}
    known |= {"_fewer_per_class": lambda config, *_, **__: config, "round_robin": lambda *_, **__: None}
    known |= {"divide": lambda *_, **__: divided, "time": types.SimpleNamespace(perf_counter=world.clock)}
    known |= {
        "with_finding": lambda made, chosen: world.findings.append(chosen.finding) or made,
        "part_sizes": lambda *_: (1, 1),
        "space_of": lambda _: "",
    }
    known |= {"_head_product": lambda *_, **__: product("head")}
    known |= {"backbone_product": lambda *_, chosen, **__: product(chosen.mode)}
    divided = types.SimpleNamespace(
        fingerprint="", labels=np.ones(world.checked, int), values=None, classes=2, groups=None
    )
    inner = Inner(learn=np.arange(round(0.8 * world.train)), check=np.arange(world.checked), given=False)
    for name, value in known.items():
        patch.setattr(transfer_module, name, value, raising=False)
    patch.setattr(modes, "divide_training", lambda *_, **__: inner)
    patch.setattr(modes, "solve_head", world.solve_again)
    patch.setattr(modes, "tune", world.tune)
    for name, mode in (("UpperLayers", "partial"), ("AllLayers", "full")):

        def make(*_, mode=mode, config=None, **__):
            made = types.SimpleNamespace(mode=mode, facts=dict, is_late=None)
            made.examples = lambda rows: world.examples(made, np.repeat(rows, config.versions if config else 1))
            return made

        patch.setattr(modes, name, make)
    model = types.SimpleNamespace(get_weights=list, set_weights=lambda _: None)
    loaded = types.SimpleNamespace(
        model=model, input_spec=InputSpec(height=8, width=8), fingerprint="", feature_layer="", feature_size=1, name=""
    )
    loaded.source = ""
    dataset = types.SimpleNamespace(labels=np.zeros(1, int), parts=np.zeros(1, int), class_names=("a", "b"))
    dataset.subset = lambda _: Sized(world.photos)
    watch = Watch(world)
    work = transfer_module._Work(
        dataset,
        loaded,
        config=config,
        journal=NoJournal(),
        cache=None,
        elapsed=0.5,
        progress=Silent(),
        watch=watch,
    )
    try:
        work.run(Path())
    except UsageError as error:
        return str(error)
    world.now += 0.7  # leaving
    return ""


def product(mode):
    spec = InputSpec(height=8, width=8)
    rest = {"weights": {}, "description": "", "provenance": {}, "details": {"mode": mode}}
    return Product(model=None, architecture={}, schema_version=1, input_spec=spec, **rest)


class Watch:
    def __init__(self, world):
        self._world, self._last, self.stages = world, 0.0, {}

    def total(self):
        return self._world.now

    def lap(self, name):
        self.stages[name], self._last = self._world.now - self._last, self._world.now


class Sized:
    class_names = ("a", "b")

    def __init__(self, count):
        self._count = count

    def __len__(self):
        return self._count


class NoJournal:
    folder, limit_bytes = Path(), 0

    def known(self, name):
        return None

    def outcome(self, stage):
        return None

    def kept(self, name, compute):
        return compute()

    def __getattr__(self, name):
        return lambda *_: None


def factor(most):
    return st.floats(0.5, 1 + most)


FACTORS = st.fixed_dictionaries(
    {
        "photo": st.floats(0.3, 3.0),
        "step": st.floats(0.3, 3.0),
        "starting": factor(TIMED),
        "publishing": factor(GUESSED),
        "solving": factor(GUESSED),
    }
)
THOUGHT = st.tuples(
    st.floats(1e-3, 0.2), st.floats(1e-2, 1.0), st.floats(0.1, 5.0), st.floats(6.0, 10.0), st.floats(0.5, 30.0)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.floats(5, 900),
    mode=st.sampled_from(["partial", "full", "auto"]),
    thought=THOUGHT,
    factors=FACTORS,
    sizes=st.integers(20, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(10, n - 5))),
    better=st.booleans(),
)
def test_the_limit_is_kept_and_there_is_always_a_bundle(limit, mode, thought, factors, sizes, better):
    world = World(limit=limit, mode=mode, thought=thought, factors=factors, sizes=sizes, better=better)
    with pytest.MonkeyPatch.context() as patch:
        refused = run(world, patch)
    if refused:
        assert "is too short" in refused
        assert world.published == []
        return
    assert world.published[0][0] == "head"
    assert world.now <= 1.05 * limit


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.floats(40, 900),
    mode=st.sampled_from(["partial", "full", "auto"]),
    thought=THOUGHT,
    sizes=st.integers(30, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(20, n - 5))),
)
def test_a_run_takes_what_was_told_if_everything_takes_what_was_thought(limit, mode, thought, sizes):
    factors = dict.fromkeys(("photo", "step", "starting", "publishing", "solving"), 1.0)
    world = World(limit=limit, mode=mode, thought=thought, factors=factors, sizes=sizes, better=mode != "auto")
    with pytest.MonkeyPatch.context() as patch:
        refused = run(world, patch)
    if refused:
        return
    told = _Rehearsal(
        World.speeds(world)[0],
        sizes=_Sizes(photos=world.photos, train=world.train, test=world.photos - world.train),
        config=config_of(world),
        few=0 if world.better else world.photos,
    )
    costs = {name: world.cost() for name in ("partial", "full") if mode in (name, "auto")}
    assert told.run(costs, begun=1.5) == pytest.approx(world.now + 0.5, rel=0.25)


def test_where_there_is_time_for_it_what_was_asked_for_is_trained_twice_and_published(monkeypatch):
    factors = dict.fromkeys(("photo", "step", "starting", "publishing", "solving"), 1.0)
    thought, sizes = (0.05, 0.2, 1.0, 6.0, 2.0), (200, 150)
    world = World(limit=300.0, mode="partial", thought=thought, factors=factors, sizes=sizes, better=True)
    run(world, monkeypatch)
    assert [mode for mode, _ in world.published] == ["head", "partial"]
    assert world.epochs == 16
    short = World(limit=60.0, mode="partial", thought=thought, factors=factors, sizes=sizes, better=True)
    run(short, monkeypatch)
    assert [mode for mode, _ in short.published] == ["head", "partial"]
    assert 0 < short.epochs < 16


def test_what_the_forecast_found_no_time_for_is_not_tried(monkeypatch):
    factors = dict.fromkeys(("photo", "step", "starting", "publishing", "solving"), 1.0)
    world = World(
        limit=300.0, mode="partial", thought=(0.05, 0.2, 1.0, 6.0, 2.0), factors=factors, sizes=(200, 150), better=True
    )
    world.unaffordable = frozenset({"partial"})
    run(world, monkeypatch)
    assert [mode for mode, _ in world.published] == ["head"]
    assert world.epochs == 0


@pytest.mark.parametrize("keep", [False, True])
def test_what_is_worse_than_the_head_is_saved_only_if_that_is_asked_for(keep, monkeypatch):
    factors = dict.fromkeys(("photo", "step", "starting", "publishing", "solving"), 1.0)
    thought, sizes = (0.05, 0.2, 1.0, 6.0, 2.0), (200, 150)
    world = World(limit=300.0, mode="full", thought=thought, factors=factors, sizes=sizes, better=False)
    world.keep = keep
    run(world, monkeypatch)
    assert [mode for mode, _ in world.published] == ["head", "full" if keep else "head"]
    (finding,) = world.findings
    assert "what --mode full trained is worse: 0.0% of the held-back training photos against 50.0%" in finding.lower()


def test_a_finding_is_the_first_in_the_report():
    @dataclass(frozen=True)
    class Made:
        dataset: object
        findings: tuple

    made = Made(dataset=types.SimpleNamespace(name="photos"), findings=("other",))
    assert with_finding(made, modes.Chosen(mode="head", reason="")) is made
    told = with_finding(made, modes.Chosen(mode="head", reason="", finding="It is worse."))
    assert [str(getattr(each, "detail", each)) for each in told.findings] == ["It is worse.", "other"]
