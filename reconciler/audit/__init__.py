"""The audit record: what every run did, as a chain in which an edit, a cut and a reorder are found and located."""
