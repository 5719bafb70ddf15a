"""Kyverno's classic policies (kyverno.io): ClusterPolicy, Policy and PolicyException. `loading.load` reads them.

Semantics are those of Kyverno 1.19: https://kyverno.io/docs/policy-types/cluster-policy/ .
"""
