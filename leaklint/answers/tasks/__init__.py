"""Tasks, threads and executors: how long they run, who waits for them, who ends them."""
