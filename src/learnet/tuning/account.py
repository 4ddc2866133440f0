"""What a search leaves behind besides the winner: all trials as a table, and figures of them in a page."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from learnet.core import write_text
from learnet.core.runs import write_table
from learnet.evaluation.markup import Html, join, number, percent, table, tag
from learnet.evaluation.report import render_page
from learnet.plots.style import to_svg
from learnet.plots.tuning import (
    SettingAxis,
    TrialPoint,
    history_figure,
    importance_figure,
    parallel_figure,
    slices_figure,
)
from learnet.tuning.record import ranking, tell
from learnet.tuning.space import Choice, Range, Space
from learnet.tuning.storage import optuna

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from learnet.tuning.record import TrialRecord
    from learnet.tuning.tune import Tuned

_FEWEST_FOR_IMPORTANCE = 8
_TREES = 32
_MOST_LINES = 300  # of the page's table; trials.csv has all


def write_account(tuned: Tuned, *, study: Any) -> None:
    """Write ``trials.csv`` and ``tuning.html``.

    Args:
        tuned: The outcome.
        study: Optuna's, of the same trials.
    """
    names = _names(tuned.trials)
    write_table(
        tuned.folder / "trials.csv",
        ("trial", "state", "validation_accuracy", "validation_loss", "epochs_trained", "seconds", *names, "reason"),
        (
            (
                record.number,
                record.state,
                "" if record.accuracy is None else f"{record.accuracy:.6f}",
                "" if record.loss is None else f"{record.loss:.6f}",
                record.epochs,
                f"{record.seconds:.3f}",
                *(tell(record.values[name]) if name in record.values else "" for name in names),
                record.reason,
            )
            for record in tuned.trials
        ),
    )
    write_text(tuned.folder / "tuning.html", _page(tuned, importances(study, tuned.trials)))


def importances(study: Any, records: Sequence[TrialRecord]) -> dict[str, float]:
    """Return which share of the accuracy's variation each setting explains, by functional analysis of variance.

    A random forest learns the accuracy from the settings, and its variation is taken apart (Hutter, Hoos and
    Leyton-Brown, 2014). Empty where there are fewer than 8 complete trials or they are all equally good.

    Args:
        study: Optuna's.
        records: Its trials.
    """
    complete = ranking(records)
    varied = [name for name in _names(complete) if len({str(record.values.get(name)) for record in complete}) > 1]
    if len(complete) < _FEWEST_FOR_IMPORTANCE or not varied or complete[0].accuracy == complete[-1].accuracy:
        return {}
    module = optuna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a forest on few points
        logging.getLogger("optuna").setLevel(logging.ERROR)
        evaluator = module.importance.FanovaImportanceEvaluator(n_trees=_TREES, seed=0)
        try:
            found = module.importance.get_param_importances(study, evaluator=evaluator, params=varied)
        except (ValueError, RuntimeError):  # settings of a manual search have no ranges
            return {}
    return {name: float(share) for name, share in found.items()}


def points(records: Sequence[TrialRecord]) -> list[TrialPoint]:
    """Return finished trials as the figures need them."""
    return [
        TrialPoint(number=record.number, state=record.state, accuracy=record.accuracy, values=record.values)
        for record in records
        if record.is_finished
    ]


def axes(space: Space, records: Sequence[TrialRecord]) -> list[SettingAxis]:
    """Return how the settings that differed between complete trials are laid out."""
    complete = ranking(records)
    made = []
    for name in _names(complete):
        seen = {str(record.values.get(name)): record.values.get(name) for record in complete}
        if len(seen) < 2 or any(name not in record.values for record in records):
            continue
        parameter = space.parameters.get(name)
        if isinstance(parameter, Range):
            made.append(SettingAxis(name=name, low=parameter.low, high=parameter.high, log=parameter.log))
        else:
            values = parameter.values if isinstance(parameter, Choice) else tuple(_in_order(records, name))
            made.append(SettingAxis(name=name, low=0.0, high=len(values) - 1.0, values=values))
    return made


def _in_order(records: Sequence[TrialRecord], name: str) -> list[Any]:
    values = {str(record.values[name]): record.values[name] for record in records}
    try:
        return sorted(values.values())
    except TypeError:
        return list(values.values())


def _names(records: Sequence[TrialRecord]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.values))


def _page(tuned: Tuned, shares: dict[str, float]) -> str:
    drawn, laid_out = points(tuned.trials), axes(tuned.space, tuned.trials)
    sections = [
        ("history", "How the search went", _figure(history_figure(drawn), "Validation accuracy by trial")),
        ("importance", "Which settings mattered", _importance(shares, tuned)),
        ("parallel", "Each trial as a line", _laid_out(laid_out, lambda: parallel_figure(drawn, laid_out))),
        ("slices", "Setting by setting", _laid_out(laid_out, lambda: slices_figure(drawn, laid_out))),
        ("failed", "What failed", _failed(tuned.trials)),
        ("trials", "All trials", _trials(tuned)),
        ("reproduce", "How to repeat it", _command(tuned)),
    ]
    told = [(name, title, content) for name, title, content in sections if content is not None]
    body = join(
        tag(
            "header",
            tag("p", "learnet tuning", class_="brand"),
            tag("h1", f"{tuned.config.what} on {tuned.config.data or 'photos'}"),
            _verdict(tuned),
        ),
        tag("nav", *(tag("a", title, href=f"#{name}") for name, title, _ in told), aria_label="Sections"),
        tag(
            "main",
            *(tag("section", tag("h2", title), content, id=name, class_="part") for name, title, content in told),
        ),
    )
    return render_page(f"{tuned.config.what}, tuned", body)


def _verdict(tuned: Tuned) -> Html:
    best, result = tuned.best, tuned.result
    low, high = result["accuracy_interval"]
    states = [record.state for record in tuned.trials]
    counts = ", ".join(
        f"{states.count(state)} {word}"
        for state, word in (
            ("complete", "complete"),
            ("pruned", "stopped early"),
            ("failed", "failed"),
            ("running", "not finished"),
        )
        if state in states
    )
    return join(
        tag(
            "p",
            f"Trial {best.number} named ",
            tag("strong", percent(best.accuracy or 0.0)),
            f" of the {result['n_val']} validation photos correctly, which is why it was chosen, and ",
            tag("strong", percent(result["accuracy"])),
            f" of {result['n_test']} photos that had no part in the choice (95 % interval {percent(low)} to "
            f"{percent(high)}).",
            class_="verdict",
        ),
        tag(
            "p",
            f"Search '{tuned.config.search}'; {len(states)} trials: {counts}. The best of many is better on the photos "
            "that chose it than elsewhere: believe the second figure. ",
            tag("a", "The winner's report", href="report.html"),
            " tells more of it; ",
            tag("a", "trials.csv", href="trials.csv"),
            " has all trials.",
            class_="note",
        ),
        tag("p", "Its settings: ", ", ".join(f"{name} = {tell(value)}" for name, value in best.values.items())),
    )


def _figure(figure: Figure, label: str, kind: str = "plot wide") -> Html:
    drawn = Html(to_svg(figure, label=label))
    return tag("div", drawn, class_=kind, tabindex="0", role="region", aria_label=label)


def _laid_out(settings: Sequence[SettingAxis], draw: Callable[[], Figure]) -> Html | None:
    label = f"Trials over {', '.join(setting.name for setting in settings)}"
    return _figure(draw(), label, kind="plot wide panels") if settings else None


def _importance(shares: dict[str, float], tuned: Tuned) -> Html:
    if not shares:
        complete = sum(record.state == "complete" for record in tuned.trials)
        return tag(
            "p",
            f"Nothing can be said: it takes at least {_FEWEST_FOR_IMPORTANCE} complete trials of different accuracy, "
            f"whose settings have ranges or choices; there are {complete} complete ones.",
            class_="note",
        )
    return join(
        _figure(importance_figure(shares), "Share of the variation that each setting explains"),
        tag(
            "p",
            "From a random forest that learnt the accuracy from the settings (functional analysis of variance); with "
            "few trials it is a hint, no more.",
            class_="note",
        ),
    )


def _command(tuned: Tuned) -> Html:
    return tag("pre", tag("code", tuned.config.command()))


def _cell(value: Any) -> object:
    """Return a setting's value as it is shown; numbers are sorted as such."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return tell(value)
    return number(tell(value), value=float(value))


def _failed(records: Sequence[TrialRecord]) -> Html | None:
    failed = [record for record in records if record.state == "failed"]
    if not failed:
        return None
    rows = [(f"{record.number}", record.reason) for record in failed]
    return table("Trials that could not be done, and why", ("trial", "reason"), rows)


def _trials(tuned: Tuned) -> Html:
    names = _names(tuned.trials)
    rest = [record for record in tuned.trials if record.state != "complete"]
    ordered = [*ranking(tuned.trials), *rest][:_MOST_LINES]
    rows = [
        (
            f"{record.number}",
            record.state,
            number("-" if record.accuracy is None else percent(record.accuracy), value=record.accuracy),
            number(record.epochs, value=record.epochs),
            number(f"{record.seconds:.1f}", value=record.seconds),
            *(_cell(record.values.get(name)) for name in names),
        )
        for record in ordered
    ]
    header = ("trial", "state", "validation accuracy", "epochs trained", "seconds", *names)
    return table(f"The best first; {len(ordered)} of {len(tuned.trials)}", header, rows, sortable=True)
