"""What a role comes to by its grants, by the roles that it has, and by what everybody may.

Nothing is imported here: a part of it is needed at every start, the comparison only where something changed.
"""
