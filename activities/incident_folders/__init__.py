"""The data of an incident in a folder of files: metrics, log lines, spans of traces, and who calls whom."""
