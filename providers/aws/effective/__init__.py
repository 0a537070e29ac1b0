"""What IAM policies come to: compared before and after, with requests as witnesses. No I/O but the catalogue's file.

Nothing is imported here: a part of it is needed at every start, the comparison only where something changed.
"""
