"""Expressions in CEL (`assay.engines.policy.cel`): compiled or refused, evaluated or told why not, and never more."""

from __future__ import annotations

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.libraries import EVERYTHING
from assay.engines.policy.cel.values import equal, plain
from assay.errors import AssayError

SEEDS: list[bytes] = [
    b"object.spec.containers.all(c, c.image.startsWith('a') && !has(c.x))",
    b"object.?spec[?'x'].orValue({}).size() == 0 ? [1, 2].sum() : -1",
    b"object.labels.exists(k, v, k == v) || [3, 1].sort()[0] == 1",
    b"cel.bind(a, quantity('1Gi'), a.isGreaterThan(quantity('500Mi')))",
    b"'%s %d %.2f'.format([object, 1, 1.5]) + 'a,b'.split(',').join('-')",
    b"timestamp('2026-01-01T00:00:00Z') + duration('1h30m') > timestamp(0)",
    b"cidr('10.0.0.0/8').containsIP(ip('10.1.2.3')) && isURL('https://a.example')",
    b"'abc123'.findAll('[a-z]+|[0-9]+').map(s, s.matches('^a'))",
    b"{'a': optional.of(1u), ?'b': object.?b, 1: b'\\xff'}",
    b"semver('1.2.3-rc.1').isLessThan(semver('v1.3', true)) ? r'\\d' : \"\"\"x\"\"\"",
    b"sets.contains(lists.range(5), [1]) && math.greatest(1, 2.5) > 2",
    b"object.spec.containers.map(c, c.ports).flatten().distinct().transformList(i, v, i + v)",
]
_OBJECT = {
    "labels": {"app": "web", "tier": "front"},
    "spec": {
        "containers": [{"name": "a", "image": "a:1", "ports": [80]}, {"name": "b", "image": "b"}],
        "n": 3,
        "d": 0.5,
    },
    "none": None,
}
_ENVIRONMENT = Environment(("object", "oldObject"), EVERYTHING)


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    bindings = {"object": _OBJECT, "oldObject": None}
    try:
        program = _ENVIRONMENT.compile(text)
        found = program.evaluate(bindings)
        shown = plain(found)
    except AssayError:
        return
    assert plain(shown) == shown or shown != shown
    again = program.evaluate(bindings)
    assert equal(found, again) or not equal(found, found)
