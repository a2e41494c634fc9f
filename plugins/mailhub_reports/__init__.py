"""Reports of receivers: who sends mail in the name of an account's domains, how it fares, and what to do about each.

They come by mail to dmarc@ and tls-reports@ the domains' return paths, or are given by hand; `mailhub.reports` reads them.
"""
