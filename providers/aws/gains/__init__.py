"""Escalations in AWS: which role comes to more than its policies say."""
