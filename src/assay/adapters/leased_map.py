"""A part of a file mapped into memory, which nobody can cut short meanwhile.

What lies in the page cache is used there instead of being copied out of it. But whoever touches a page that is no
longer there is ended by the kernel (SIGBUS), so two things are asked of it before: a read lease (fcntl(2), F_SETLEASE)
keeps others from opening the file for writing as long as it is held, and MADV_POPULATE_READ (madvise(2), Linux 5.14)
tells of what the disk cannot give as an error. Where either cannot be had, files are read in the common way.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import signal
from contextlib import suppress

from assay.errors import InputError

SMALLEST = 1 << 20
"""Bytes; what is smaller is copied sooner than it is mapped."""
_KEPT = 2 << 20
"""Bytes that stay mapped behind what was reached; all that is mapped counts as memory of the process."""
_POPULATE_READ = 22
_SET_SIGNAL, _SET_LEASE, _GET_LEASE = (getattr(fcntl, f"F_{name}", -1) for name in ("SETSIG", "SETLEASE", "GETLEASE"))


class LeasedMap:
    """`size` bytes of the open file `descriptor` from `offset` on, read-only, in `view`.

    `name` is what a user calls the file. `private` says that nobody else knows it: then it needs no lease. Raises
    `OSError` or `ValueError` where the file cannot be had in this way.
    """

    def __init__(self, descriptor: int, offset: int, size: int, name: str, *, private: bool = False) -> None:
        self._name = name
        self._reached = self._dropped = 0
        self._before = offset % mmap.ALLOCATIONGRANULARITY
        self._lease = -1 if private else _leased(descriptor)
        if os.fstat(descriptor).st_size < offset + size:
            raise ValueError("the file is shorter")
        start, length = offset - self._before, self._before + size
        self._map = mmap.mmap(
            descriptor if private else self._lease, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=start
        )
        for place in (0, (length - 1) // mmap.PAGESIZE * mmap.PAGESIZE):
            self._map.madvise(_POPULATE_READ, place, min(length - place, mmap.PAGESIZE))  # older kernels refuse
        self.view = memoryview(self._map)[self._before :]

    def __del__(self) -> None:
        if getattr(self, "_lease", -1) >= 0:
            os.close(self._lease)

    def reach(self, position: int) -> None:
        """Say that bytes before `position` are to be touched now; raises `InputError` where that cannot be.

        An estimate may run ahead, and beyond the end: then bytes that were reached before are touched until now.
        """
        if self._lease >= 0 and fcntl.fcntl(self._lease, _GET_LEASE) != fcntl.F_RDLCK:
            raise InputError(f"{self._name} is opened for writing while it is read", "try again when it is written")
        if position - self._dropped > _KEPT:
            self._map.madvise(mmap.MADV_DONTNEED)
            self._dropped = position
        position = min(position, len(self.view))
        if position <= self._reached:
            return
        first = (self._before + self._reached) // mmap.PAGESIZE * mmap.PAGESIZE
        try:
            self._map.madvise(_POPULATE_READ, first, self._before + position - first)
        except OSError as error:
            raise InputError(f"{self._name} cannot be read: {error.strerror}", "check the disk") from error
        self._reached = position


def _leased(descriptor: int) -> int:
    """The file opened once more, with a lease that ends with the new descriptor."""
    if min(_SET_SIGNAL, _SET_LEASE, _GET_LEASE) < 0:
        raise OSError("no leases on this system")
    again = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.fcntl(again, _SET_SIGNAL, signal.SIGURG)  # who waits is told by this; it ends no process, as SIGIO would
        fcntl.fcntl(again, _SET_LEASE, fcntl.F_RDLCK)
    except OSError:
        os.close(again)
        raise
    return again


def find(descriptor: int, offset: int, size: int, name: str, *, private: bool = False) -> LeasedMap | None:
    """The map; None for what is small, and where the file is not to be had in this way."""
    if size < SMALLEST or offset < 0:
        return None
    with suppress(OSError, ValueError):
        return LeasedMap(descriptor, offset, size, name, private=private)
    return None
