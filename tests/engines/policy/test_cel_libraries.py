"""The API server's function libraries: each function once, with what it answers and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import NoCel, Untold
from assay.engines.policy.cel.libraries import EVERYTHING, KUBERNETES
from assay.engines.policy.cel.libraries.authorizer import Authorizer
from assay.engines.policy.cel.values import Value, plain
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.world import World
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo

ENVIRONMENT = Environment(("object", "authorizer"), EVERYTHING)


def evaluate(text: str, context: object = None, **more: Any) -> Value:
    return plain(ENVIRONMENT.compile(text).evaluate({"object": {}, **more}, context))


ANSWERS: dict[str, Any] = {
    # quantities
    "quantity('1Gi').isGreaterThan(quantity('1000Mi'))": True,
    "quantity('100m').isLessThan(quantity('0.2'))": True,
    "quantity('1k') == quantity('1000') && quantity('1Ki').compareTo(quantity('1k')) == 1": True,
    "quantity('50m').add(quantity('50m')).asApproximateFloat()": 0.1,
    "quantity('3').sub(1).asInteger()": 2,
    "quantity('1.5').isInteger()": False,
    "quantity('-1').sign()": -1,
    "isQuantity('1.5Gi') && !isQuantity('1.5GiB') && !isQuantity('Mi')": True,
    "[quantity('1'), quantity('2')].all(q, q.isLessThan(quantity('3')))": True,
    # addresses and networks
    "ip('192.168.0.1').family()": 4,
    "ip('::1').isLoopback() && ip('0.0.0.0').isUnspecified()": True,
    "ip('169.254.1.1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()": True,
    "ip('8.8.8.8').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()": True,
    "isIP('::ffff:1.2.3.4') || isIP('1.2.3') || isIP('fe80::1%eth0')": False,
    "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')": True,
    "string(ip('10.0.0.1'))": "10.0.0.1",
    "cidr('10.0.0.0/8').containsIP('10.9.8.7') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))": True,
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))": True,
    "cidr('10.1.2.3/8').masked()": "10.0.0.0/8",
    "cidr('10.1.2.3/8').prefixLength()": 8,
    "cidr('10.1.2.3/8').ip() == ip('10.1.2.3')": True,
    "isCIDR('10.0.0.0/33') || isCIDR('10.0.0.0') || isCIDR('10.0.0.0/08')": False,
    # URLs
    "url('https://u@a.example:8443/p%20q?x=1&x=2#f').getHost()": "a.example:8443",
    "url('https://a.example:8443/').getHostname() + url('https://a.example:8443/').getPort()": "a.example8443",
    "url('https://[::1]:80/x').getHostname()": "::1",
    "url('/a b').getEscapedPath()": "/a%20b",
    "url('https://a.example/?x=1&x=2').getQuery()['x']": ["1", "2"],
    "url('ftp://a.example').getScheme()": "ftp",
    "isURL('https://a.example') && !isURL('a.example') && !isURL('https://a b/') && !isURL('/%zz')": True,
    # semantic versions
    "semver('1.10.0').isGreaterThan(semver('1.9.0'))": True,
    "semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && semver('1.0.0+a') == semver('1.0.0+b')": True,
    "semver('v1.02', true).compareTo(semver('1.2.0'))": 0,
    "semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()": 6,
    "isSemver('1.2') || isSemver('01.2.3') || isSemver('v1.2.3')": False,
    "isSemver('v1.2', true)": True,
    # named formats
    "format.dns1123Label().validate('web-1').hasValue()": False,
    "format.dns1123Label().validate('Web').value().size()": 1,
    "format.dns1123Subdomain().validate('a.b-c.d').hasValue()": False,
    "format.dns1035Label().validate('1a').hasValue()": True,
    "format.dns1123LabelPrefix().validate('web-').hasValue()": False,
    "format.qualifiedName().validate('example.com/My_Name').hasValue()": False,
    "format.labelValue().validate('').hasValue()": False,
    "format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()": False,
    "format.byte().validate('###').hasValue()": True,
    "format.date().validate('2026-13-01').hasValue()": True,
    "format.datetime().validate('2026-01-01T00:00:00Z').hasValue()": False,
    "format.uri().validate('https://a.example').hasValue()": False,
    "format.named('nothing').hasValue()": False,
    # regular expressions
    "'abc 123 456'.find('[0-9]+')": "123",
    "'abc 123 456'.findAll('[0-9]+')": ["123", "456"],
    "'abc 123 456'.findAll('[0-9]+', 1)": ["123"],
    "'abc'.find('x*z')": "",
    "'registry.example/a'.matches('^registry\\\\.example/')": True,
    # lists and sets
    "[1, 2, 3].sum() == 6 && [1.5, 0.5].sum() == 2.0": True,
    "[3, 1, 2].min() == 1 && ['a', 'c', 'b'].max() == 'c'": True,
    "[1, 2, 2].isSorted() && !['b', 'a'].isSorted()": True,
    "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2 && ['a'].indexOf('x') == -1": True,
    "['a', 'b', 'a', 'c'].distinct()": ["a", "b", "c"],
    "[[1], [[2]]].flatten()": [1, [2]],
    "[[1], [[2]]].flatten(2)": [1, 2],
    "[1, 2, 3, 4].slice(1, 3)": [2, 3],
    "[3, 1, 2].sort()": [1, 2, 3],
    "[1, 2].reverse()": [2, 1],
    "[1, 2].first().value() + [1, 2].last().value()": 3,
    "lists.range(3)": [0, 1, 2],
    "sets.contains([1, 2, 3], [2, 1])": True,
    "sets.equivalent(['a', 'b'], ['b', 'a', 'b']) && sets.intersects([1], [1, 2])": True,
    "['a', 'b'].join('/')": "a/b",
    # patches and numbers
    "jsonpatch.escapeKey('example.com/a~b')": "example.com~1a~0b",
    "math.ceil(1.2) + math.floor(-1.2) + math.trunc(1.9) + math.round(2.5)": 4.0,
    "math.abs(-3) + math.sign(-3) + math.bitAnd(6, 3) + math.bitShiftLeft(1, 3)": 12,
    "math.greatest([1, 5, 3]) + math.least(4, 2)": 7,
    "base64.encode(b'a') == 'YQ==' && base64.decode('YQ') == b'a'": True,
}


@pytest.mark.parametrize("text", ANSWERS)
def test_library_functions_answer_as_the_api_server(text: str) -> None:
    assert evaluate(text) == ANSWERS[text]


@pytest.mark.parametrize(
    "text",
    [
        "quantity('many')",
        "quantity('1.5').asInteger()",
        "ip('1.2.3.4.5')",
        "cidr('1.2.3.4')",
        "url('nothing')",
        "semver('one')",
        "[1, 'a'].sum()",
        "[].min()",
        "dyn([1, 'a']).sort()",
        "[1].slice(0, 2)",
        "'a'.substring(2)",
        "'a'.matches('(')",
        "'%d'.format(['a'])",
        "'%s'.format([])",
    ],
)
def test_library_functions_refuse_what_they_cannot_read(text: str) -> None:
    with pytest.raises(Untold):
        evaluate(text)


def test_the_api_server_has_fewer_libraries_than_kyverno() -> None:
    with pytest.raises(NoCel, match=r"undeclared"):
        Environment(("object",), KUBERNETES).compile("base64.encode(b'a')")


@pytest.mark.parametrize("text", ["quantity('1').isGreaterThan(2)", "string(quantity('1'))", "ip('::1').masked()"])
def test_types_of_libraries_are_checked(text: str) -> None:
    with pytest.raises(NoCel, match="no matching overload"):
        ENVIRONMENT.compile(text)


ROLES = [
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "reader"},
        "rules": [
            {"apiGroups": ["apps"], "resources": ["deployments", "*/scale"], "verbs": ["get"]},
            {"nonResourceURLs": ["/healthz*"], "verbs": ["get"]},
        ],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "one", "namespace": "team"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["*"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "readers"},
        "subjects": [{"kind": "User", "name": "ann"}, {"kind": "Group", "name": "readers"}],
        "roleRef": {"kind": "ClusterRole", "name": "reader"},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "one", "namespace": "team"},
        "subjects": [{"kind": "ServiceAccount", "name": "bot", "namespace": "team"}],
        "roleRef": {"kind": "Role", "name": "one"},
    },
]
DEPLOYMENTS = "authorizer.group('apps').resource('deployments')"
SECRETS = "authorizer.serviceAccount('team', 'bot').group('').resource('secrets').namespace('team')"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{DEPLOYMENTS}.check('get').allowed()", True),
        (f"{DEPLOYMENTS}.check('delete').allowed()", False),
        (f"{DEPLOYMENTS}.subresource('scale').check('get').allowed()", True),
        ("authorizer.group('').resource('pods').check('get').allowed()", False),
        ("authorizer.path('/healthz/ready').check('get').allowed()", True),
        ("authorizer.path('/metrics').check('get').allowed()", False),
        (f"{SECRETS}.name('mine').check('update').allowed()", True),
        (f"{SECRETS}.name('other').check('update').allowed()", False),
        ("authorizer.requestResource.check('get').allowed()", True),
        ("authorizer.path('/metrics').check('get').reason() != ''", True),
        ("authorizer.path('/metrics').check('get').errored()", False),
    ],
)
def test_the_authorizer_asks_the_roles_of_the_cluster(text: str, wanted: bool) -> None:
    request = AdmissionRequest(
        "u",
        GroupVersionKind("apps", "v1", "Deployment"),
        GroupVersionResource("apps", "v1", "deployments"),
        Operation.CREATE,
    )
    authorizer = Authorizer(UserInfo("ann"), request)
    assert evaluate(text, World(cluster=GivenCluster(ROLES)), authorizer=authorizer) is wanted


def test_masters_may_do_everything_and_without_a_cluster_nothing_can_be_told() -> None:
    check = "authorizer.group('').resource('pods').check('get').allowed()"
    masters = Authorizer(replace(UserInfo("root"), groups=("system:masters",)))
    assert evaluate(check, World(cluster=GivenCluster([])), authorizer=masters) is True
    with pytest.raises(Untold, match="needs a cluster"):
        evaluate(check, World(), authorizer=masters)
