"""The API of Kubernetes, as little of it as policies need: get, list, watch (`assay.ports.Cluster`).

`access` finds out where the API server is and who we are (a kubeconfig, or the service account of a pod), `discovery`
which resource serves a kind, `client` asks.
"""
