internal import Glibc
internal import Linux

// Keys pass through this process, so it leaves no core behind, whichever command runs.
Process.forbidCoreDumps()
exit(Program.run().rawValue)
