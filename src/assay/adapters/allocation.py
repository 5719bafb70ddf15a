"""The C library's allocator, told to give large buffers back.

glibc takes requests from 128 KiB on out of mappings of their own, but raises that bound with every one that is given
back, up to 32 MiB (mallopt(3), "dynamic mmap threshold"). A pass over an image takes and gives back thousands of
buffers of all sizes; with the bound raised they lie between what stays, and keep 40 MB from being given back.
"""

from __future__ import annotations

_MMAP_THRESHOLD = -3
_TRIM_THRESHOLD = -1
_LARGE = 2 << 20
_FREE = 4 << 20


def give_back() -> None:
    """Fix that bound, and how much may lie free at the end; does nothing where the C library knows neither."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _FREE)
    except (AttributeError, OSError, TypeError):
        return
