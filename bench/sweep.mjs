// sweep.mjs DIRECTORY: ends what a run of the suite has left that was killed.
import { all } from "./Sweep.ts"

all(process.argv[2])
