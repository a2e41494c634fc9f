"""What the web server loads: one web process's application. Flask is imported here and in the web rooms, nowhere else."""

import os
from multiprocessing.util import Finalize

from mailhub.app import create_hub
from mailhub.config import load
from mailhub.logs import configure
from mailhub.processes import die_with_parent
from mailhub.web.dispatcher import create_site
from mailhub.web.metrics import Scrape
from mailhub.web.tracking import Tracking


def make_application() -> Tracking:
    """Opens, clicks, one-click unsubscribing and figures first, then the site. Configured by MAILHUB_CONFIG and MAILHUB_…__…"""
    die_with_parent(parent=int(os.environ.get("MAILHUB_WEB", "0")))
    config = load(os.environ.get("MAILHUB_CONFIG"))
    configure(config, "web")
    hub = create_hub(config)
    application = Tracking(hub, Scrape(hub, create_site(hub)))
    Finalize(None, application.recorder.stop, exitpriority=1)  # Granian's processes end by it: atexit is passed over
    return application
