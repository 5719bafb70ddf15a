"""Policies: may it run here?"""
