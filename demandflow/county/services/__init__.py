"""The service menu: seen, ordered from, published."""
