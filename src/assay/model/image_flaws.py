"""What is wrong with an image, as policies ask for it: short, whoever looked and whenever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assay.model.advisory import Level


@dataclass(frozen=True, slots=True)
class Flaw:
    """A vulnerability of a component under all its `ids`; `exploited` is None where the source cannot tell.

    `excused` says why it does not count (a VEX statement), empty where it does.
    """

    ids: tuple[str, ...]
    component: str
    level: Level = Level.UNKNOWN
    exploited: bool | None = None
    fixed: tuple[str, ...] = ()
    malicious: bool = False
    excused: str = ""

    @property
    def name(self) -> str:
        """``CVE-2021-44228 in log4j-core@2.14.1``."""
        return f"{self.ids[0] if self.ids else 'a vulnerability'} in {self.component or 'the image'}"


@dataclass(frozen=True, slots=True)
class Assessment:
    """All flaws that somebody found: by which `scanner`, `ended` when, with advisory data of which day.

    `gaps` is what could not be judged, for people.
    """

    flaws: tuple[Flaw, ...]
    scanner: str = ""
    ended: datetime | None = None
    data_day: str = ""
    gaps: tuple[str, ...] = ()
