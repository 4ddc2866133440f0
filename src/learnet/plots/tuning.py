"""What a search saw: how the best grew, which settings mattered, and where the good ones lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.plots.style import INK, LINE, OKABE_ITO, PAPER, drawing, new_figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABEL = 18  # characters of a value beside an axis


@dataclass(frozen=True, kw_only=True)
class TrialPoint:
    """One trial, as the figures need it.

    Attributes:
        number: Of the trial.
        state: ``"complete"``, ``"pruned"`` or ``"failed"``.
        accuracy: In [0, 1]; None if there is none.
        values: Setting -> value.
    """

    number: int
    state: str
    accuracy: float | None
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SettingAxis:
    """How a setting's values are laid out.

    Attributes:
        name: Of the setting.
        low: Of a range; 0 of a choice.
        high: Of a range; the number of values less 1 of a choice.
        log: Whether a range is laid out by logarithm.
        values: Of a choice, in order; empty for a range.
    """

    name: str
    low: float
    high: float
    log: bool = False
    values: tuple[Any, ...] = ()

    def place(self, value: Any) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high one.

        Example:
            >>> SettingAxis(name="rate", low=0.01, high=1.0, log=True).place(0.1)
            0.5
        """
        if self.values:
            return float(self.values.index(value) / max(1, len(self.values) - 1))
        if self.log:
            return math.log(float(value) / self.low) / math.log(self.high / self.low)
        return (float(value) - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return places and labels."""
        if self.values:
            return [(self.place(value), _short(value)) for value in self.values]
        shares = (0.0, 0.5, 1.0)
        return [(share, f"{self.at(share):.2g}") for share in shares]

    def at(self, share: float) -> float:
        """Return the value at a place of a range."""
        if self.log:
            return self.low * math.exp(share * math.log(self.high / self.low))
        return self.low + share * (self.high - self.low)


def history_figure(trials: Sequence[TrialPoint]) -> Figure:
    """Draw the validation accuracy of each trial, and the best so far.

    Args:
        trials: In the order of their numbers, at least one of them complete.

    Returns:
        The figure, 8 by 3.6 inches.
    """
    from matplotlib.ticker import MaxNLocator

    with drawing():
        figure = new_figure(width=8, height=3.6)
        axes = figure.subplots()
        best, steps = -math.inf, []
        for trial in trials:
            if trial.state == "complete" and trial.accuracy is not None:
                best = max(best, trial.accuracy)
            if math.isfinite(best):
                steps.append((trial.number, 100 * best))
        _scatter(axes, trials, "complete", OKABE_ITO["blue"], "o", "trial")
        _scatter(axes, trials, "pruned", OKABE_ITO["orange"], "v", "stopped early")
        if steps:
            axes.step(*zip(*steps, strict=True), where="post", color=OKABE_ITO["green"], label="best so far")
        bottom = axes.get_ylim()[0]
        failed = [trial.number for trial in trials if trial.state == "failed"]
        if failed:
            axes.plot(
                failed,
                [bottom] * len(failed),
                "x",
                color=OKABE_ITO["vermillion"],
                markersize=7,
                label="failed",
                clip_on=False,
            )
            axes.set_ylim(bottom=bottom)
        axes.set(xlabel="trial", ylabel="validation accuracy, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside upper right", ncols=4)
    return figure


def importance_figure(importances: Mapping[str, float]) -> Figure:
    """Draw which share of the accuracy's variation each setting explains.

    Args:
        importances: Setting -> share in [0, 1], at least one.

    Returns:
        The figure, 8 inches wide.
    """
    order = sorted(importances, key=lambda name: importances[name])
    with drawing():
        figure = new_figure(width=8, height=1 + 0.32 * len(order))
        axes = figure.subplots()
        bars = axes.barh(order, [100 * importances[name] for name in order], color=OKABE_ITO["blue"], height=0.6)
        axes.bar_label(bars, fmt="%.0f %%", padding=4, color=INK)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="share of the variation in validation accuracy, %", xlim=(0, 100 * 1.12))
    return figure


def parallel_figure(trials: Sequence[TrialPoint], settings: Sequence[SettingAxis]) -> Figure:
    """Draw each complete trial as a line through its settings, the better the darker.

    Args:
        trials: At least one of them complete.
        settings: The vertical axes, at least one; the accuracy is the last axis.

    Returns:
        The figure, 5 inches high.
    """
    done = sorted(
        (trial for trial in trials if trial.state == "complete" and trial.accuracy is not None),
        key=lambda trial: trial.accuracy or 0.0,
    )
    accuracies = [trial.accuracy or 0.0 for trial in done]
    low, high = min(accuracies), max(accuracies)
    spread = (high - low) or 1.0
    last = SettingAxis(name="accuracy", low=low, high=low + spread)
    with drawing(**{"axes.grid": False}):
        figure = new_figure(width=max(6.0, 1.15 * (len(settings) + 1)), height=5)
        axes = figure.subplots()
        columns = range(len(settings) + 1)
        for column, setting in zip(columns, (*settings, last), strict=True):
            axes.axvline(column, color=LINE, linewidth=1, zorder=0)
            for place, label in setting.ticks() if column < len(settings) else _accuracy_ticks(last):
                axes.annotate(
                    label,
                    (column, place),
                    xytext=(4, 0),
                    textcoords="offset points",
                    fontsize=9,
                    va="center",
                    zorder=4,
                    bbox={"boxstyle": "round,pad=0.12", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85},
                )
        for order, trial in enumerate(done):
            share = ((trial.accuracy or 0.0) - low) / spread
            places = [_jittered(setting, trial) for setting in settings]
            best = order == len(done) - 1
            axes.plot(
                columns,
                [*places, share],
                color=OKABE_ITO["vermillion"] if best else OKABE_ITO["blue"],
                alpha=1.0 if best else 0.12 + 0.6 * share**2,
                linewidth=2.2 if best else 1.2,
                zorder=3 if best else 1 + share,
                label=f"best: trial {trial.number}" if best else None,
            )
        axes.set_xticks(columns, [*(setting.name.replace("_", "\n") for setting in settings), "validation\naccuracy"])
        axes.set_yticks([])
        axes.set(ylim=(-0.06, 1.06), xlim=(-0.15, len(settings) + 0.45))
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_visible(False)
        figure.legend(loc="outside upper right")
    return figure


def slices_figure(trials: Sequence[TrialPoint], settings: Sequence[SettingAxis]) -> Figure:
    """Draw the validation accuracy over each setting.

    Args:
        trials: At least one of them complete.
        settings: One panel each, at least one.

    Returns:
        The figure, 10 inches wide, four panels a row.
    """
    columns = min(4, len(settings))
    rows = -(-len(settings) // columns)
    with drawing():
        figure = new_figure(width=max(4.0, 2.6 * columns), height=2.6 * rows)
        grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for number, axes in enumerate(grid.flat):
            if number >= len(settings):
                axes.set_visible(False)
                continue
            setting = settings[number]
            _scatter(axes, trials, "complete", OKABE_ITO["blue"], "o", "trial", over=setting)
            _scatter(axes, trials, "pruned", OKABE_ITO["orange"], "v", "stopped early", over=setting)
            places, labels = zip(*setting.ticks(), strict=True)
            long = max(map(len, labels)) > 6
            axes.set_xticks(places, labels, rotation=30 if long else 0, ha="right" if long else "center", fontsize=8)
            axes.set(xlim=(-0.08, 1.08), xlabel=setting.name)
            if number % columns == 0:
                axes.set_ylabel("validation accuracy, %")
        if any(trial.state == "pruned" for trial in trials):
            figure.legend(*grid.flat[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def map_figure(searches: Mapping[str, Sequence[TrialPoint]], x: SettingAxis, y: SettingAxis) -> Figure:
    """Draw where searches looked in two settings, the better the darker.

    Args:
        searches: Name -> trials, at least one of all of them complete; one panel each.
        x: The setting along the panels.
        y: The setting up the panels.

    Returns:
        The figure, 3.6 inches a panel wide and 3.4 high.
    """
    done = {
        name: [trial for trial in trials if trial.accuracy is not None and trial.state == "complete"]
        for name, trials in searches.items()
    }
    accuracies = [100 * (trial.accuracy or 0.0) for trials in done.values() for trial in trials]
    with drawing():
        figure = new_figure(width=max(4.5, 3.6 * len(done)), height=3.4)
        panels = figure.subplots(1, len(done), sharey=True, squeeze=False)[0]
        for axes, (name, trials) in zip(panels, done.items(), strict=True):
            points = axes.scatter(
                [x.place(trial.values[x.name]) for trial in trials],
                [y.place(trial.values[y.name]) for trial in trials],
                c=[100 * (trial.accuracy or 0.0) for trial in trials],
                vmin=min(accuracies),
                vmax=max(accuracies),
                cmap="cividis_r",
                edgecolors=INK,
                linewidths=0.5,
                s=48,
            )
            axes.set_xticks(*zip(*x.ticks(), strict=True))
            axes.set_yticks(*zip(*y.ticks(), strict=True))
            axes.set(xlim=(-0.08, 1.08), ylim=(-0.08, 1.08), xlabel=x.name, title=name)
        panels[0].set_ylabel(y.name)
        figure.colorbar(points, ax=panels, label="validation accuracy, %")
    return figure


def _scatter(
    axes: Axes,
    trials: Sequence[TrialPoint],
    state: str,
    colour: str,
    marker: str,
    label: str,
    *,
    over: SettingAxis | None = None,
) -> None:
    points = [
        (trial.number if over is None else _jittered(over, trial), 100 * trial.accuracy)
        for trial in trials
        if trial.state == state and trial.accuracy is not None
    ]
    if points:
        axes.plot(*zip(*points, strict=True), marker, color=colour, markersize=4.5, alpha=0.75, label=label)


def _jittered(setting: SettingAxis, trial: TrialPoint) -> float:
    """Return a trial's place; those of equal choices lie a little apart, by the golden ratio."""
    place = setting.place(trial.values[setting.name])
    return place + ((trial.number * 0.618034) % 1 - 0.5) * 0.06 if setting.values else place


def _accuracy_ticks(axis: SettingAxis) -> list[tuple[float, str]]:
    return [(share, f"{100 * axis.at(share):.1f} %") for share in (0.0, 0.5, 1.0)]


def _short(value: Any) -> str:
    text = "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
