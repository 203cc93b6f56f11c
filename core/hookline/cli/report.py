"""Print findings and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..findings.diagnostics import Diagnostic
from .printing import plain


def report(diagnostics: Sequence[Diagnostic]) -> str:
    """Return *diagnostics* as a person reads them, with their number below."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    summary = ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] != 1 else ''}"
        for severity in ("error", "warning")
        if counts[severity]
    )
    return plain("\n\n".join([*(diagnostic.render() for diagnostic in diagnostics), summary]))
