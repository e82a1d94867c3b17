"""Networks with the published layouts."""
