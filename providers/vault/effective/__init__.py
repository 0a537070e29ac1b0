"""What a token's whole set of ACL policies allows, and what a change of it gains and loses. No I/O.

Nothing is imported here: a part of it is needed at every start, the comparison only where something changed.
"""
