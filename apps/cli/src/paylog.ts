/** The commands. Each has a file of its own in `commands/`. */
import { Command } from "effect/cli"
import { followers } from "./commands/followers.ts"
import { ledger } from "./commands/ledger.ts"
import { rebuild } from "./commands/rebuild.ts"
import { replay } from "./commands/replay.ts"

export const paylog = Command.make("paylog").pipe(
  Command.withDescription("Paylog's command line, for operators and auditors"),
  Command.withSubcommands([followers, ledger, rebuild, replay]),
)
