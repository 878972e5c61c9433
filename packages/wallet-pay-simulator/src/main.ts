#!/usr/bin/env node
/** `npx -y pnpm simulator`: Wallet Pay on this machine, and the commands that drive it. */
import { runMain } from "@paylog/process/runMain"
import { codeOf, run } from "./run.ts"

runMain(run(process.argv.slice(2)), codeOf)
