"""Alerts: rules of each user on what happens in the account, told by mail or SMS."""
