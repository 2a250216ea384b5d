"""What tests hold documents, alerts, schemas and the suite itself against."""
