/** `paylog`: the command line of operators and auditors. */
import { runMain } from "@paylog/process/runMain"
import { codeOf, run } from "./run.ts"

runMain(run(process.argv.slice(2)), codeOf)
