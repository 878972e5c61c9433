/** `paylog check FILE --key K`: whether a proof holds, without a database and without a network. */
import { sha256 } from "@paylog/sealer/sha256"
import { report } from "@paylog/transparency/ProofReport"
import { verifyProof } from "@paylog/transparency/Verifier"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { json } from "../acting.ts"
import { different, failed, usage } from "../Ended.ts"
import { readText } from "../files.ts"
import * as print from "../print.ts"

const args = {
  file: Argument.String("file").pipe(Argument.withDescription("What `paylog prove` wrote, or a receipt carried")),
  key: Flag.String("key").pipe(
    Flag.withDescription(
      "The log's public key, name+hash+base64, from somewhere you trust: not from whoever gave you the file. May be repeated",
    ),
    Flag.atLeast(1),
  ),
  origin: Flag.String("origin").pipe(Flag.withDescription("The log's name, when it is not the key's"), Flag.optional),
  json,
}

export const check = Command.make("check", args, ({ file, key, origin, json }) =>
  Effect.gen(function* () {
    const text = yield* readText(file)
    const result = yield* Effect.promise(() =>
      verifyProof(text, key, { origin: Option.getOrUndefined(origin), hash: sha256 }),
    )
    if (json) yield* print.json(result)
    if (result.holds) return yield* json ? Effect.void : print.line(report(result).join("\n"))
    const message = report(result).join("\n")
    switch (result.fault) {
      case "proof":
        return yield* different(message)
      case "platform":
        return yield* failed(message)
      case "file":
      case "key":
        return yield* usage(message)
    }
  }),
).pipe(
  Command.withDescription("Check a proof with the log's key: without a database, without a network"),
  Command.withExamples([
    {
      command: "paylog check proof.json --key shop.example/log+0123abcd+AQ…",
      description: "Ends with 0 when it holds",
    },
  ]),
)
