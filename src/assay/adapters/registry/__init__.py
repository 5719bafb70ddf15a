"""A client of the OCI distribution specification 1.1, on the standard library alone.

`transport` speaks HTTP (timeouts, redirects, retries, proxies, TLS), `credentials` finds who we are, `session` joins
the two for one repository (basic and bearer authorisation), `download` streams a blob and resumes it, `pull` and
`push` are the verbs, `referrers` finds what hangs on an image.
"""
