"""Kubernetes' own policies in CEL: ValidatingAdmissionPolicy and MutatingAdmissionPolicy, with their bindings.

`loading.load` reads them; see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ .
"""
