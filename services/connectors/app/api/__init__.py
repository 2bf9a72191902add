"""The API: `/api/v1`, one thin router a resource, and an OpenAPI document that is the contract."""
