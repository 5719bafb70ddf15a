"""Whether an SPDX 3 document obeys the model, by the bindings that are generated from it (``spdx-python-model``).

Reading checks types, names and the form of values; writing again checks that what is mandatory is there.
"""

from __future__ import annotations

import io
from types import ModuleType

from assay.formats.json import Object


def problems(model: ModuleType, document: Object) -> tuple[str, ...]:
    """What is wrong, a line each; the bindings stop at the first fault of a kind."""
    elements = model.SHACLObjectSet()
    try:
        model.JSONLDDeserializer().deserialize_data(document, elements)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return (f"not SPDX 3: {_line(error)}",)
    found = []
    if not any(isinstance(item, model.SpdxDocument) for item in elements.foreach()):
        found.append("no SpdxDocument in the graph")
    missing = sorted(map(str, elements.link() or ()))
    found += [f"nothing in the document is named {name}" for name in missing if not _is_outside(name)]
    try:
        model.JSONLDSerializer().write(elements, io.BytesIO())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        found.append(f"not complete: {_line(error)}")
    return tuple(found)


def _is_outside(name: str) -> bool:
    """Listed licences and individuals of the model need no element."""
    return name.startswith(("https://spdx.org/licenses/", "https://spdx.org/rdf/", "http://spdx.org/licenses/"))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
