"""CEL for policies: the environment of the API server, with libraries, variables and bounds.

``environment.Environment(variables, libraries).compile(text).evaluate(bindings)`` for one expression;
``validations.Validations.load(spec, environment, place)`` for what all policies in CEL have in common;
``requests.bindings(request, world)`` for what they see. ``faults`` are what goes wrong.
"""
