/** `paylog keys`: what signs a log's checkpoints. */
import * as Note from "@paylog/transparency/Note"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { writeFile } from "node:fs/promises"
import { json } from "../acting.ts"
import { failed, refused, usage } from "../Ended.ts"
import * as print from "../print.ts"

const generate = Command.make(
  "generate",
  {
    origin: Flag.String("origin").pipe(
      Flag.withDescription("The log's name, such as example.com/payments: LOG_ORIGIN is to be the same"),
    ),
    out: Flag.String("out").pipe(Flag.withDescription("The file for the secret key: LOG_SIGNING_KEY_FILE")),
    json,
  },
  ({ origin, out, json }) =>
    Effect.gen(function* () {
      if (!Note.isName(origin)) return yield* usage("An origin has no spaces and no +")
      const { signerKey, verifierKey } = yield* Effect.promise(() => Note.generate(origin))
      yield* Effect.tryPromise({
        // Never over another key: what it has signed could not be signed again.
        try: () => writeFile(out, `${signerKey}\n`, { mode: 0o600, flag: "wx" }),
        catch: (error) =>
          error instanceof Error && "code" in error && error.code === "EEXIST"
            ? refused(`${out} is there already: no key is written over another`)
            : failed(`${out} cannot be written`),
      })
      if (json) return yield* print.json({ origin, verifierKey, file: out })
      yield* Console.log(verifierKey)
      yield* Console.error(
        `The secret key is in ${out}. The line above is for everybody: whoever checks the log needs it (LOG_VERIFIER_KEYS)`,
      )
    }),
).pipe(
  Command.withDescription("Make a key for signing checkpoints, and print the key that verifies them"),
  Command.withExamples([
    {
      command: "paylog keys generate --origin example.com/payments --out /etc/paylog/log.key",
      description: "Once per log",
    },
  ]),
)

export const keys = Command.make("keys").pipe(
  Command.withDescription("The keys of the log's checkpoints"),
  Command.withSubcommands([generate]),
)
