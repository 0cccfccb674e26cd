"""The service menu: items, their forms, and orders."""
