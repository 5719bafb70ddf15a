"""The verbs: they take nouns and ports and return nouns."""
