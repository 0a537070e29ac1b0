"""Escalations in MariaDB: which role comes to more than its grants say."""
