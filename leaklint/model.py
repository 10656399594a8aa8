"""What a rule sees: the facts of a file with their lazy answers, and the hits it yields."""

from __future__ import annotations

from leaklint.answers.peaks.models import Load
from leaklint.views.exceptions import Exceptions
from leaklint.views.hit import Clear, Hit
from leaklint.views.holders import Holders
from leaklint.views.keeping import Keeping
from leaklint.views.keyed import Keyed
from leaklint.views.listeners import Listeners
from leaklint.views.peaks import Peaks
from leaklint.views.tasks import Tasks

__all__ = ["Clear", "Facts", "Hit", "Load"]


class Facts(Keyed, Keeping, Holders, Tasks, Listeners, Exceptions, Peaks):
    """One file, ready for questions."""
