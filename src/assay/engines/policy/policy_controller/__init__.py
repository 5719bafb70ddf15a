"""Policies of Sigstore's policy-controller: ``ClusterImagePolicy`` and ``TrustRoot`` of ``policy.sigstore.dev``.

All policies that are about an image must be met; of a policy's authorities one is enough, and its own policy (Rego or
CEL) is asked only then. What needs CUE, a key service, a secret or a TUF repository is refused when it is loaded.
"""
