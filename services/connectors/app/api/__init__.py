"""The API `/api/v1`: one thin router a resource; the OpenAPI document is its contract."""
