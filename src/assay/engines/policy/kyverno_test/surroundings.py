"""What a test has besides policies and resources: values, who asks, the world."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.kyverno_test.reading import TestFile
from assay.engines.policy.kyverno_test.values import Values
from assay.engines.policy.kyverno_test.worlds import GivenAnswers, GivenImages, TestCluster, global_context
from assay.engines.policy.world import World
from assay.formats.admission_review import user_info
from assay.model.policy import Object, UserInfo


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`known` are the objects of a cluster; `raw` the roles of who asks."""

    values: Values
    user: UserInfo
    raw: Object
    known: tuple[Object, ...]
    answers: GivenAnswers
    has_cluster: bool
    context: Object
    world: World

    @classmethod
    def of(cls, test: TestFile) -> Surroundings:
        """Raises `InputError` for files that are not there."""
        values = Values(_values(test))
        context = test.one("context")
        user = test.one("userinfo")
        inner = user.get("userInfo")
        known = [*_objects(context.get("resources")), *_loaded(test, ("clusterResources", "paramResources"))]
        known += _loaded(test, ("targetResources",)) + _sources(test)
        entries = _objects(test.item.get("globalContextEntries"))
        images = _objects(context.get("images"))
        return cls(
            values,
            user_info(inner if isinstance(inner, dict) else {}),
            {part: user[part] for part in ("roles", "clusterRoles") if user.get(part)},
            tuple(known),
            GivenAnswers(_objects(test.item.get("apiCallResponses"))),
            bool(known) or bool(test.item.get("apiCallResponses")),
            context,
            World(
                images=GivenImages(images) if images else None,
                namespace_labels=values.namespaces(),
                global_context=global_context(entries, lambda path: [item.object for item in test.load(path)]),
            ),
        )

    def world_with(self, resources: Iterable[Object], always: bool) -> World:
        """The world, its cluster with `resources` also; none where a test describes none, unless `always`."""
        from dataclasses import replace

        objects = [*self.known, *(resources if always else ())]
        cluster = TestCluster(objects, self.answers) if self.has_cluster or always else None
        return replace(self.world, cluster=cluster, http=self.answers)


def _values(test: TestFile) -> Object:
    inline: Any = test.item.get("values")
    if isinstance(inline, dict):
        found = inline.get("spec")
        return found if isinstance(found, dict) else inline
    return test.one("variables")


def _loaded(test: TestFile, fields: Iterable[str]) -> list[Object]:
    found = [item.object for field in fields for item in test.manifests(field)]
    return [item for one in found for item in (_wrapped(one) if _is_wrapper(one) else [one])]


def _is_wrapper(item: Object) -> bool:
    """Whether it is a ``ClusterResource`` (cli.kyverno.io), which holds objects."""
    return str(item.get("apiVersion") or "").startswith("cli.kyverno.io/")


def _wrapped(item: Object) -> list[Object]:
    spec = item.get("spec")
    return _objects((spec if isinstance(spec, dict) else item).get("resources"))


def _sources(test: TestFile) -> list[Object]:
    """The objects that generate rules copy, which results name."""
    paths = dict.fromkeys(one.source for one in test.expected() if one.source)
    return [item.object for path in paths for item in test.load(path)]


def _objects(value: Any) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
