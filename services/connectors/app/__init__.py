"""AiSOC's connector service: collects, scores and keeps Microsoft cloud events."""
