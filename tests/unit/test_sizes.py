"""Sizes are read as people write them."""

from __future__ import annotations

import pytest

from hookline.sizes import shown, size


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1", 1),
        (500, 500),
        ("500B", 500),
        ("200kB", 200_000),
        ("200KB", 200_000),
        ("10MB", 10_000_000),
        ("10 mb", 10_000_000),
        ("1.5GB", 1_500_000_000),
        ("64KiB", 65_536),
        ("2 MiB", 2_097_152),
        ("1GiB", 1_073_741_824),
        ("1000GB", 10**12),
        (" １０MB ", 10_000_000),
    ],
)
def test_size_in_words_is_so_many_bytes(written: object, number: int) -> None:
    assert size(written) == number


@pytest.mark.parametrize("written", ["0", "0MB", "-1", "MB", "10M", "10 megabytes", "1e6", "1001GB", "", True, None])
def test_what_is_no_size_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"^expected a size up to 1000 GB, as in 500kB, 10MB or 1\.5GB$"):
        size(written)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1B"),
        (999, "999B"),
        (1000, "1kB"),
        (1024, "1KiB"),
        (20_000_000, "20MB"),
        (1_500_000, "1500kB"),
        (2**20, "1MiB"),
        (2**30, "1GiB"),
        (10**9, "1GB"),
        (2_000_001, "2000001B"),
    ],
)
def test_size_is_shown_as_it_would_be_written(number: int, text: str) -> None:
    assert shown(number) == text
    assert size(text) == number
