"""``learnet colourise``: a network learns colours from photos, and gives them to grey ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines
from learnet.options.colourise import ColouriseApplyConfig, ColouriseConfig
from learnet.options.common import OutOption, ResumeOption

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _train(call: Call) -> dict[str, Any]:
    from learnet.applications.colourise.train import resume_colouriser, run

    if (folder := call.also["resume"]) is not None:
        return resume_colouriser(folder, progress=call.progress, **call.changes()).to_json()
    return run(call.config, out=call.also["out"], progress=call.progress).to_json()


def _plan(call: Call) -> dict[str, Any]:
    from learnet.applications.colourise.lesson import plan

    return plan(call.config, progress=call.progress)


def _apply(call: Call) -> dict[str, Any]:
    from learnet.applications.colourise import colourise

    config: ColouriseApplyConfig = call.config
    return colourise(
        config.bundle,
        config.photos,
        out=config.out,
        temperature=config.temperature,
        max_pixels=config.max_pixels,
        progress=call.progress,
    ).to_json()


def _show_trained(result: dict[str, Any]) -> None:
    network, mean = result["summaries"]["network"], result["summaries"]["mean colour"]
    true = result["summaries"]["true colours"]
    print_lines(
        "",
        f"PSNR in UV {network['psnr']:.2f} dB on {result['n_test']} photos it had never seen (mean colour "
        f"{mean['psnr']:.2f} dB); colourfulness {network['colourfulness']:.1f} (true {true['colourfulness']:.1f}), "
        f"saturation {network['saturation']:.3f} (true {true['saturation']:.3f}).",
        f"Trained the {result['network']} network on {result['n_train']} photos for {result['epochs']} epochs in "
        f"{result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all); {result['n_skipped']} files not used.",
        *(
            [f"Temperature {result['temperature']:g}, chosen on {result['n_val']} validation photos."]
            if result["temperatures"]
            else []
        ),
        f"Report   {result['report']}",
        f"Sheet    {result['sheet']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet colourise apply {result['bundle']} path/to/grey/photos --out coloured",
    )


def _show_coloured(result: dict[str, Any]) -> None:
    from learnet.core.text import visible

    problems = [photo for photo in result["photos"] if photo["problem"] is not None]
    print_lines(
        "",
        f"Coloured {result['n'] - len(problems)} of {result['n']} photos at temperature {result['temperature']:g}.",
        *(f"Skipped  {visible(photo['path'])}: {photo['problem']}" for photo in problems),
        *([f"Sheet    {result['sheet']}"] if result["sheet"] else []),
    )


TRAIN = Verb(config=ColouriseConfig, also=(OutOption, ResumeOption), run=_train, show=_show_trained, plan=_plan)
APPLY = Verb(config=ColouriseApplyConfig, run=_apply, show=_show_coloured)
VERB = {"train": TRAIN, "apply": APPLY}
