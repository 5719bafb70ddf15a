"""The API of Kubernetes, as little of it as an admission controller needs: discovery, get, list, watch, writes.

`access` finds out where the API server is and who we are (a kubeconfig, or the service account of a pod), `connection`
which resource serves a kind, `client` asks, `writing` changes.
"""
