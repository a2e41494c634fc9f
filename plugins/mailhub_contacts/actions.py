"""What can be asked of this plugin, once for all doors; each subject's actions are in its own file."""

from mailhub import Action
from mailhub_contacts import contact_actions, import_actions, list_actions, segment_actions, suppression_actions

ACTIONS: tuple[Action, ...] = (
    *contact_actions.ACTIONS,
    *import_actions.ACTIONS,
    *list_actions.ACTIONS,
    *segment_actions.ACTIONS,
    *suppression_actions.ACTIONS,
)
