"""The companion API: what a phone asks of MailHub under /mobile/v1, and the small web app that speaks it.

It reaches campaigns, contacts and alerts by the names of their actions and imports no plugin;
plugins/mailhub_mobile mounts it. Contracts of the core stay in mailhub.
"""
