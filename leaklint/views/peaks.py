"""What weighs: data of any size, text made of it, models."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers.exceptions import text
from leaklint.answers.peaks import (
    consume,
    content,
    cuttable,
    demand,
    drawn,
    evaluated,
    figures,
    frames,
    handed,
    images,
    imports,
    measured,
    messages,
    metered,
    models,
    optional,
    tensors,
    weight,
)
from leaklint.meaning.basis import Answer
from leaklint.tree.ir import Expr, Stmt
from leaklint.views.view import View


class Peaks(View):
    """Values of any size."""

    def weight(self, expr: Expr) -> Answer:
        """May the value be of any size?"""
        return weight.weight(self.basis, expr)

    def cuttable(self, expr: Expr) -> bool:
        """Is it known to be text or bytes, of which a slice can be taken?"""
        return cuttable.cuttable(self.basis, expr)

    def content(self, expr: Expr) -> Answer:
        """Is it the content of something, by what is done with it beside?"""
        return content.content(self.basis, expr)

    def body_of_own(self, expr: Expr) -> Answer:
        """Is it what its object carries as a body, by the name of the attribute and of what it is made from?"""
        return messages.body_of_own(self.basis, expr)

    def exchanged(self, expr: Expr) -> Answer:
        """Is it the body of a request or response, by its name?"""
        return messages.exchanged(self.basis, expr)

    def handed_in(self, expr: Expr) -> Answer:
        """Is it an argument of the function?"""
        return messages.handed_in(self.basis, expr)

    @cached_property
    def stringified(self) -> tuple[text.Text, ...]:
        """Where a value becomes text as a whole."""
        return tuple(text.stringified(self.basis))

    # -- models

    @cached_property
    def loads(self) -> tuple[models.Load, ...]:
        """Calls that load a model, themselves or through a helper of the module."""
        return tuple(models.loads(self.basis))

    def loaded_again(self, load: models.Load) -> Answer:
        """What makes a load run again and again, with nothing that keeps the model."""
        return models.repeated(self.basis, load)

    @cached_property
    def seldom_used_imports(self) -> tuple[imports.Import, ...]:
        """Imports of heavy libraries that few functions of the module use."""
        return (*imports.seldom_used(self.basis), *imports.probed(self.basis), *optional.seldom_needed(self.basis))

    def megabytes(self, library: str) -> int:
        """What importing a middle-sized library takes; 0 for others."""
        row = self.basis.apis.get(library)
        return row.megabytes if row is not None else 0

    @cached_property
    def loaded_libraries(self) -> tuple[str, ...]:
        """Heavy libraries that are imported along with this module."""
        return tuple(imports.loaded(self.basis))

    @cached_property
    def imported_modules(self) -> tuple[str, ...]:
        """What may be a module, among what is imported along with this one, and the packages that this one is in."""
        return tuple(imports.beside(self.basis))

    def guard(self, call: Expr) -> Expr | None:
        """The test that a call depends on."""
        return models.guard(call)

    @cached_property
    def processes(self) -> tuple[Expr, str] | None:
        """A call that starts several processes, and the argument that says how many."""
        return models.processes(self.basis)

    def demand(self, stmt: Stmt) -> Answer:
        """What makes a statement's function run again, through its callers too."""
        return demand.demand(self.basis, stmt)

    # -- what is read as a whole

    @cached_property
    def peaks(self) -> tuple[handed.Peak, ...]:
        """What is read as a whole, where a part or one piece after the other would do."""
        return tuple(consume.peaks(self.basis))

    def streams(self, read: Expr) -> str:
        """How the library of a read gives the same piece by piece."""
        receiver = read.args[0].args[0] if read.op == "call" and read.args[0].op == "attr" else read.args[0]
        row = self.row(receiver)
        return row.streams if row is not None else ""

    # -- what is put by

    @cached_property
    def tensors(self) -> tuple[tensors.Retained, ...]:
        """Values put by round after round with the graph of their computation."""
        collected = (*tensors.retained(self.basis), *measured.measured(self.basis), *evaluated.evaluated(self.basis))
        return (*collected, *metered.metered(self.basis), *metered.fed(self.basis))

    @cached_property
    def figures(self) -> tuple[figures.Figure, ...]:
        """Figures made again and again, and never closed."""
        return (*figures.figures(self.basis), *drawn.drawn(self.basis))

    @cached_property
    def grown_frames(self) -> tuple[frames.Grown, ...]:
        """Tables and arrays that a loop makes larger round by round."""
        return tuple(frames.grown(self.basis))

    @cached_property
    def decoded_images(self) -> tuple[tuple[Expr, Stmt, Answer], ...]:
        """Images opened for each request at full size: the call, where they are encoded again, and what drives it."""
        return tuple(images.decoded(self.basis))
