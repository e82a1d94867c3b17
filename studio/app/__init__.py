"""Session state, jobs, worker thread and settings; QtCore only."""
