/** `paylog quarantine`: deliveries that are authentic but were not understood. */
import type { Who } from "@paylog/payments/Manual"
import * as ProviderKeys from "@paylog/payments/ProviderKeys"
import * as QuarantineRetry from "@paylog/payments/QuarantineRetry"
import * as WalletPayEvidence from "@paylog/wallet-pay/WalletPayEvidence"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { acting, json, who } from "../acting.ts"
import { refused, usage } from "../Ended.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"

const list = Command.make("list", { json }, ({ json }) => openItems.show(["Quarantined"], "", json)).pipe(
  Command.withDescription("List what of deliveries was not understood, the oldest first"),
)

const Body = Schema.String.check(
  Schema.isPattern(/^(quarantine-)?[0-9a-f]{64}$/, { expected: "the SHA-256 of a delivery's body, in hex" }),
)
const delivery = Argument.String("delivery").pipe(
  Argument.withSchema(Body),
  Argument.withDescription("The SHA-256 of its body, or the stream as `paylog quarantine list` shows it"),
)
const bodyOf = (name: string): string => name.replace("quarantine-", "")

const show = Command.make("show", { delivery, json }, ({ delivery, json }) =>
  Effect.gen(function* () {
    const { bytes, ...found } = yield* acting(QuarantineRetry.show(bodyOf(delivery)))
    if (json)
      return yield* print.json({ ...found, bytes: bytes === undefined ? null : Buffer.from(bytes).toString("base64") })
    yield* Console.log(`Delivery ${found.body} of ${found.provider}`)
    yield* Console.log(
      bytes === undefined
        ? `Its bytes are erased; their digest was ${found.evidence}\n`
        : `Kept as attachment ${found.evidence}, ${print.number(bytes.length)} bytes\n`,
    )
    yield* print.table(
      ["ELEMENT", "IS", "REASON"],
      found.elements.map(({ index, reason, resolved }) => [
        String(index),
        resolved === undefined ? "waiting" : `resolved as ${resolved.as} by ${resolved.by}`,
        print.plain(reason),
      ]),
    )
  }),
).pipe(Command.withDescription("Show a delivery's elements, why each was not understood, and what became of it"))

const retry = Command.make(
  "retry",
  {
    delivery: delivery.pipe(Argument.optional),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Every delivery that has something in quarantine"),
      Flag.withDefault(false),
    ),
    ...who,
    json,
  },
  ({ delivery, all, json, ...who }) =>
    Effect.gen(function* () {
      if (all === Option.isSome(delivery)) return yield* usage("Name a delivery, or give --all")
      const bodies = Option.isSome(delivery)
        ? [bodyOf(delivery.value)]
        : [...new Set((yield* openItems.listed(["Quarantined"])).map(({ stream }) => bodyOf(stream)))]
      const tries = yield* acting(
        Effect.forEach(bodies, (body) => tryAgain(body, who)).pipe(
          Effect.provide(WalletPayEvidence.layerConfig(ProviderKeys.idOf)),
        ),
      )
      const refusals = tries.filter((one) => "refused" in one)
      if (json) yield* print.json(tries)
      else yield* Effect.forEach(tries, (one) => ("refused" in one ? Effect.void : tell(one)), { discard: true })
      if (refusals.length > 0)
        return yield* refused(refusals.map(({ body, refused }) => `Delivery ${body}: ${refused}`).join("\n"))
    }),
).pipe(
  Command.withDescription("Read the same bytes with the code of today, and record what is understood by now"),
  Command.withExamples([
    {
      command: 'paylog quarantine retry --all --by stf_9a1b… --reason "version 1.4 knows refunds"',
      description: "After a deploy. It may be stopped and repeated",
    },
  ]),
)

/** One delivery that cannot be read again hinders no other. */
const tryAgain = (body: string, who: Who) =>
  QuarantineRetry.retry(body, who).pipe(
    Effect.catchTags({
      NotQuarantined: ({ message }) => Effect.succeed({ body, refused: message }),
      EvidenceMissing: ({ message }) => Effect.succeed({ body, refused: message }),
      EvidenceRefused: ({ message }) => Effect.succeed({ body, refused: message }),
    }),
  )

const tell = ({ body, evidence, signature, resolved, waiting }: QuarantineRetry.Retried) =>
  Effect.gen(function* () {
    yield* Console.log(`Delivery ${body}`)
    yield* Console.log(
      signature === "Verified"
        ? "  its signature holds"
        : `  its key is not at hand: the log says that it was verified when it came, and these are the bytes (${evidence})`,
    )
    for (const { index, as } of resolved) yield* Console.log(`  element ${index} is resolved as ${as}`)
    for (const { index, reason } of waiting)
      yield* Console.log(`  element ${index} is still not understood: ${print.plain(reason)}`)
    if (resolved.length + waiting.length === 0) yield* Console.log("  nothing was left to do")
  })

export const quarantine = Command.make("quarantine").pipe(
  Command.withDescription("Deliveries that are authentic but were not understood"),
  Command.withSubcommands([list, show, retry]),
)
