"""Tell intents apart, learned from a few examples, offline, in Chinese, Japanese, Thai and English."""

from __future__ import annotations

from collections.abc import Mapping

from hookline import IntentClassifier, hookimpl

from .classifiers import VectorClassifier


@hookimpl
def hookline_classifiers() -> Mapping[str, IntentClassifier]:
    """Register the classifiers; their packages are imported when the first bot learns."""
    return {
        "encoder": VectorClassifier("encoder"),
        "ngrams": VectorClassifier("ngrams"),
        "encoder+": VectorClassifier("encoder+"),
    }
