"""Open Policy Agent's Gatekeeper: constraint templates in Rego and CEL, constraints, mutators and expansion.

Its objects are read by `loading`, its suites of tests (``gator verify``) by `suite`. Semantics are those of Gatekeeper
3.23: https://open-policy-agent.github.io/gatekeeper/website/docs .
"""
