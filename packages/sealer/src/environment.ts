/** The sealer's settings. */
import * as Note from "@paylog/transparency/Note"
import { Config, Duration, Effect, type Layer, Option, Schema, SchemaIssue } from "effect"
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import type { LogKeys } from "./LogKeys.ts"
import { layerFolder, layerHttp, type OutsideStore } from "./OutsideStore.ts"
import type { Settings } from "./Signing.ts"

/** What a process needs to sign checkpoints, or to hold the log against them. */
export interface Sealing {
  readonly keys: LogKeys["Service"]
  readonly store: Layer.Layer<OutsideStore>
  readonly signing: Settings
}

const origin = Config.option(
  Config.schema(
    Schema.String.check(
      Schema.makeFilter(Note.isName, { expected: "the log's name, such as example.com/payments: no spaces and no +" }),
    ),
    "LOG_ORIGIN",
  ),
)

/** A folder, or a server. */
const store = Config.schema(Schema.NonEmptyString, "CHECKPOINT_STORE").pipe(
  Config.map((place) =>
    /^https?:/.test(place) && URL.canParse(place) ? layerHttp(new URL(place)) : layerFolder(resolve(place)),
  ),
)

const verifiers = Config.Array(Schema.String, "LOG_VERIFIER_KEYS").pipe(
  Config.withDefault([]),
  Config.mapEffect((keys) =>
    Effect.tryPromise(() => Promise.all(keys.map((key) => Note.verifier(key.trim())))).pipe(
      Effect.mapError(() => wrong("LOG_VERIFIER_KEYS", "Expected keys name+hash+base64, comma-separated")),
    ),
  ),
)

const signer = Config.schema(Schema.NonEmptyString, "LOG_SIGNING_KEY_FILE").pipe(
  Config.mapEffect((path) =>
    Effect.tryPromise(() => readFile(path, "utf8")).pipe(
      Effect.mapError(() => wrong("LOG_SIGNING_KEY_FILE", "Expected a file that can be read")),
      Effect.flatMap((text) =>
        Effect.tryPromise(() => Note.signer(text.trim())).pipe(
          Effect.mapError(() => wrong("LOG_SIGNING_KEY_FILE", 'Expected a file as "paylog keys generate" makes it')),
        ),
      ),
    ),
  ),
)

/** `LOG_CHECKPOINT_EVERY`, `LOG_CHECKPOINT_AFTER`. */
const signing: Config.Config<Settings> = Config.all({
  every: Config.schema(
    Schema.FiniteFromString.pipe(
      Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
    ),
    "LOG_CHECKPOINT_EVERY",
  ).pipe(Config.withDefault(1_000)),
  after: Config.schema(
    Schema.DurationFromString.check(
      Schema.makeFilter(Duration.between({ minimum: Duration.millis(100), maximum: Duration.days(1) }), {
        expected: '100 ms to 1 day, such as "1 minute"',
      }),
    ),
    "LOG_CHECKPOINT_AFTER",
  ).pipe(Config.withDefault(Duration.minutes(1))),
})

/** Without `LOG_ORIGIN` there is nothing to sign; then the others may not be there either, so that nobody forgets it. */
const unlessSet = (name: string) =>
  Config.option(Config.String(name)).pipe(
    Config.mapEffect((value) =>
      Option.isNone(value)
        ? Effect.void
        : Effect.fail(wrong("LOG_ORIGIN", `Expected the log's name, since ${name} is set`)),
    ),
  )
const none = Config.all([unlessSet("CHECKPOINT_STORE"), unlessSet("LOG_SIGNING_KEY_FILE")]).pipe(
  Config.map(() => Option.none<Sealing>()),
)

const make = (
  origin: string,
  rest: {
    readonly signer: Note.Signer | undefined
    readonly store: Layer.Layer<OutsideStore>
    readonly verifiers: ReadonlyArray<Note.Verifier>
    readonly signing: Settings
  },
) =>
  Effect.gen(function* () {
    const { signer, store, signing } = rest
    if (signer !== undefined && signer.name !== origin)
      return yield* Effect.fail(
        wrong("LOG_SIGNING_KEY_FILE", `Expected the key of ${origin}; this is that of ${signer.name}`),
      )
    const keys = { origin, signer, verifiers: yield* allOf(signer, rest.verifiers) }
    if (keys.verifiers.length === 0)
      return yield* Effect.fail(wrong("LOG_VERIFIER_KEYS", "Expected a key of the log, or LOG_SIGNING_KEY_FILE"))
    return Option.some<Sealing>({ keys, store, signing })
  })

/** The signing key's first, each once. */
const allOf = Effect.fnUntraced(function* (signer: Note.Signer | undefined, others: ReadonlyArray<Note.Verifier>) {
  if (signer === undefined) return others
  const own = yield* Effect.promise(() => Note.verifier(signer.verifierKey))
  return [own, ...others.filter(({ name, hash }) => name !== own.name || hash !== own.hash)]
})

/** Of the process that signs: `LOG_ORIGIN`, `LOG_SIGNING_KEY_FILE`, `CHECKPOINT_STORE`, and the others if they are there. */
export const forSigning: Config.Config<Option.Option<Sealing>> = Config.flatMap(
  origin,
  Option.match({
    onNone: () => none,
    onSome: (origin) =>
      Config.all({ store, signer, verifiers, signing }).pipe(Config.mapEffect((rest) => make(origin, rest))),
  }),
)

/** Of a process that only holds the log against its checkpoint: `LOG_VERIFIER_KEYS` will do for a key. */
export const forChecking: Config.Config<Option.Option<Sealing>> = Config.flatMap(
  origin,
  Option.match({
    onNone: () => none,
    onSome: (origin) =>
      Config.all({
        store,
        signer: Config.option(signer).pipe(Config.map(Option.getOrUndefined)),
        verifiers,
        signing,
      }).pipe(Config.mapEffect((rest) => make(origin, rest))),
  }),
)

/**
 * What checks checkpoints, with no store: `LOG_VERIFIER_KEYS`, `LOG_SIGNING_KEY_FILE`. The log is `LOG_ORIGIN`, or the one that the
 * first key is of.
 */
export const forProving: Config.Config<Option.Option<LogKeys["Service"]>> = Config.all({
  origin,
  signer: Config.option(signer).pipe(Config.map(Option.getOrUndefined)),
  verifiers,
}).pipe(
  Config.mapEffect(({ origin, signer, verifiers }) =>
    Effect.map(allOf(signer, verifiers), (known) =>
      Option.fromUndefinedOr(keysOf(known, Option.getOrUndefined(origin))),
    ),
  ),
)

/** The log of this origin, or that the first key is of; `undefined` without a key. */
export const keysOf = (
  verifiers: ReadonlyArray<Note.Verifier>,
  origin = verifiers[0]?.name,
): LogKeys["Service"] | undefined =>
  origin === undefined || verifiers.length === 0 ? undefined : { origin, signer: undefined, verifiers }

const wrong = (name: string, message: string) =>
  new Config.ConfigError(
    new Schema.SchemaError(new SchemaIssue.Pointer([name], new SchemaIssue.InvalidValue({ message }))),
  )
