"""Kyverno's policies in CEL (policies.kyverno.io): Validating-, ImageValidating-, Mutating-, Generating- and
DeletingPolicy, their namespaced kinds and PolicyException. `loading.load` reads them.
"""
