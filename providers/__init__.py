"""One folder to each system. Providers implement reconciler.provider and never import each other."""
