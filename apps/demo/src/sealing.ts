/** What seals the demo's log: a key of its own, and a folder for its checkpoints, both gone with it. */
import * as Note from "@paylog/transparency/Note"
import { Config, Effect, FileSystem, Option } from "effect"

const origin = "demo.paylog/log"

/** The environment of the ingester, which signs, and of the bot, which only verifies. */
export interface Sealed {
  readonly ingester: Readonly<Record<string, string>>
  readonly bot: Readonly<Record<string, string>>
  /** For whoever checks the log. */
  readonly verifierKey: string
  readonly store: string
}

/**
 * `undefined` for a database of the user's own: it outlives the demo's key, and a log without its outside checkpoint is not
 * written to until two people adopt it.
 */
export const sealing = Effect.gen(function* () {
  const given = yield* Config.option(Config.Redacted("DATABASE_URL"))
  if (Option.isSome(given)) return undefined
  const { makeTempDirectoryScoped, writeFileString } = yield* FileSystem.FileSystem
  const folder = yield* makeTempDirectoryScoped({ prefix: "paylog-demo-" })
  const { signerKey, verifierKey } = yield* Effect.promise(() => Note.generate(origin))
  const keyFile = `${folder}/log.key`
  yield* writeFileString(keyFile, `${signerKey}\n`, { mode: 0o600 })
  const store = `${folder}/checkpoints`
  const both = { LOG_ORIGIN: origin, CHECKPOINT_STORE: store }
  const sealed: Sealed = {
    ingester: {
      ...both,
      LOG_SIGNING_KEY_FILE: keyFile,
      LOG_CHECKPOINT_EVERY: "1",
      LOG_CHECKPOINT_AFTER: "2 seconds",
    },
    bot: { ...both, LOG_VERIFIER_KEYS: verifierKey },
    verifierKey,
    store,
  }
  return sealed
})
