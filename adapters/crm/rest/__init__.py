"""Any CRM with an interface of plain HTTP and JSON, by a table in the configuration."""
