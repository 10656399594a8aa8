"""What opens a resource: calls that rows know, functions and classes of the file, what stands around one."""
