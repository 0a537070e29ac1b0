"""Every system of the specs on loopback, with an issuer that signs workload tokens: nothing real is touched.

Importing this package imports nothing else: ``reconciler.sandbox.token`` runs once for each operator login.
"""
