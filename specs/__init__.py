"""The language: what people write. Imports nothing else of Writ's."""
