"""What a role can do in a database by the catalogue, and what a change of the catalogue gains and loses.

Nothing is imported here: a part of it is needed at every start, the comparison only where something changed.
"""
