"""The verbs, in order. Plain functions over specs, compile, engine and state; no output."""
