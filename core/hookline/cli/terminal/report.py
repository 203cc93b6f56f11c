"""Print findings and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...findings.findings import Finding
from ...telling.phrases import plain


def report(findings: Sequence[Finding]) -> str:
    """Return *findings* as a person reads them, with their number below."""
    counts = Counter(finding.severity for finding in findings)
    summary = ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] != 1 else ''}"
        for severity in ("error", "warning")
        if counts[severity]
    )
    return plain("\n\n".join([*(finding.render() for finding in findings), summary]))
