"""The alerts: their queue, one alert in full, and what is held back."""
