/** The commands. Each has a file of its own in `commands/`. */
import { Command } from "effect/cli"
import { at } from "./commands/at.ts"
import { check } from "./commands/check.ts"
import { checkpoint } from "./commands/checkpoint.ts"
import { correct } from "./commands/correct.ts"
import { diff } from "./commands/diff.ts"
import { doctor } from "./commands/doctor.ts"
import { erase } from "./commands/erase.ts"
import { explain } from "./commands/explain.ts"
import { exportAll } from "./commands/export.ts"
import { followers } from "./commands/followers.ts"
import { fulfil } from "./commands/fulfil.ts"
import { held } from "./commands/held.ts"
import { keys } from "./commands/keys.ts"
import { ledger } from "./commands/ledger.ts"
import { open } from "./commands/open.ts"
import { prove } from "./commands/prove.ts"
import { quarantine } from "./commands/quarantine.ts"
import { rebuild } from "./commands/rebuild.ts"
import { reconcile } from "./commands/reconcile.ts"
import { recover } from "./commands/recover.ts"
import { refund } from "./commands/refund.ts"
import { replay } from "./commands/replay.ts"
import { show } from "./commands/show.ts"
import { staff } from "./commands/staff.ts"
import { timeline } from "./commands/timeline.ts"
import { unmatched } from "./commands/unmatched.ts"
import { unpark } from "./commands/unpark.ts"
import { verify } from "./commands/verify.ts"

export const paylog = Command.make("paylog").pipe(
  Command.withDescription(
    "Paylog's command line, for operators and auditors. Ends with 0: done; 1: failed; 2: wrong arguments or environment; 3: refused, until somebody acts; 4: busy, try later; 5: something is not as it must be",
  ),
  Command.withSubcommands([
    show,
    timeline,
    at,
    diff,
    explain,
    open,
    held,
    unmatched,
    refund,
    fulfil,
    correct,
    quarantine,
    staff,
    erase,
    doctor,
    followers,
    ledger,
    replay,
    reconcile,
    exportAll,
    prove,
    check,
    rebuild,
    unpark,
    verify,
    checkpoint,
    recover,
    keys,
  ]),
)
