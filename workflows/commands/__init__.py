"""Slash commands, buttons and labels that somebody used."""
