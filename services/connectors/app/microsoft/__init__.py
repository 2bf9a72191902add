"""What all Microsoft sources share: clouds, credentials, the HTTP pipeline, paging, errors and their remedies."""
