"""JMESPath as Kyverno has it: the language of jmespath.org with functions for texts, numbers, times and documents.

``search.search(text, data)`` answers one query; see https://kyverno.io/docs/policy-types/cluster-policy/jmespath/ .
"""
