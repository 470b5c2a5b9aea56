"""Stores through which machines exchange what they learnt."""
