"""Kyverno's tests, ``kyverno-test.yaml`` (cli.kyverno.io/v1alpha1 Test), run as ``kyverno test`` runs them.

``running.run(manifest, read)`` gives a row for each result that a test expects.
"""
