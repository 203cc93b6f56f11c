"""Draw how intents fare. Needs matplotlib: the extra ``plot``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ...errors import MissingExtraError

FONTS = ("Noto Sans CJK TC", "Noto Sans CJK JP", "PingFang TC", "Microsoft JhengHei", "Noto Sans Thai", "Thonburi")
"""For names in other scripts, where one of them is installed."""
LABELLED = 40
"""With more intents than this their names would not be readable."""


def draw_matrix(picture: Path, names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> None:
    """Draw which of *names* were taken for which; *pairs* are intent and guess of every text."""
    figure, axes = _figure(1)
    _matrix(axes[0], names, pairs)
    _save(figure, picture)


def draw_evaluation(
    picture: Path,
    names: Sequence[str],
    pairs: Iterable[tuple[str, str]],
    curves: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    chosen: tuple[float, float],
) -> None:
    """Draw the matrix, and accuracy against rejection.

    Each of *curves* is a name with x (share of texts rejected, or out-of-scope recall) and y (in-scope accuracy);
    *chosen* is the point of the threshold that was calibrated.
    """
    figure, axes = _figure(2)
    _matrix(axes[0], names, pairs)
    for label, across, up in curves:
        axes[1].plot(across, up, label=label)
    axes[1].plot(*chosen, "o", color="black", label="calibrated threshold")
    axes[1].set(xlabel="rejected", ylabel="in-scope texts understood rightly", xlim=(0, 1), ylim=(0, 1.01))
    axes[1].set_title("accuracy against rejection")
    axes[1].grid(alpha=0.3)
    axes[1].legend()
    _save(figure, picture)


def ensure_installed() -> None:
    """Raise MissingExtraError when there is nothing to draw with."""
    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "plot")


def _figure(columns: int) -> tuple[Any, Sequence[Any]]:
    ensure_installed()
    import matplotlib

    matplotlib.use("Agg")  # draws without a screen
    from matplotlib import font_manager, pyplot

    known = {font.name for font in font_manager.fontManager.ttflist}
    pyplot.rcParams["font.family"] = ["DejaVu Sans", *(name for name in FONTS if name in known)]

    figure, axes = pyplot.subplots(1, columns, figsize=(9 * columns, 8), squeeze=False, layout="constrained")
    return figure, axes[0]


def _matrix(axes: Any, names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> None:
    number = {name: index for index, name in enumerate(names)}
    counts = [[0.0] * len(names) for _ in names]
    for intent, guess in pairs:
        if intent in number and guess in number:
            counts[number[intent]][number[guess]] += 1
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.figure.colorbar(image, ax=axes, shrink=0.7, label="share of the intent's texts")
    axes.set(xlabel="taken for", ylabel="intent", title=f"confusion of {len(names)} intents")
    if len(names) <= LABELLED:
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)


def _save(figure: Any, picture: Path) -> None:
    try:
        figure.savefig(picture, dpi=110)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"can't write {picture}: {error}") from error
