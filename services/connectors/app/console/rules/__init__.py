"""The console's pages on rules: what is watched for, how often it was found, hunts in the past."""
