"""Print findings and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...findings.findings import Finding
from ...telling.phrases import plain


def report(findings: Sequence[Finding]) -> str:
    """Return *findings* as a person reads them, each line of a file quoted once, with their number below."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.severity] += finding.more or 1
    summary = ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] != 1 else ''}"
        for severity in ("error", "warning")
        if counts[severity]
    )
    return plain("\n\n".join([*_rendered(findings), summary]))


def _rendered(findings: Sequence[Finding]) -> Iterator[str]:
    quoted: set[tuple[str, int]] = set()
    for finding in findings:
        line = finding.place.file, finding.place.line
        yield finding.render(quotes=line not in quoted)
        quoted.add(line)
