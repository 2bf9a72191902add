"""Detections: Sigma rules on the stream of events, correlations of their matches, and the alerts that come of them."""
