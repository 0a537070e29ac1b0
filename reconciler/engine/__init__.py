"""One verb to a file: refresh, diff, plan, order, guard, apply, drift. Knows no provider's attribute."""
