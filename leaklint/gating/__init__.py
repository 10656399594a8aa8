"""Can any rule report in this file? One walk over its `ast` tree, and the names that it has seen."""
