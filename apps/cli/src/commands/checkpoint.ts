/** `paylog checkpoint`: how the log stands to its outside checkpoint, and what people decide where the machine refuses to. */
import { headOf } from "@paylog/auditing/head"
import { ProposalId } from "@paylog/domain/Proposal"
import { Digest } from "@paylog/domain/Text"
import { Database } from "@paylog/event-store/Database"
import * as Ids from "@paylog/payments/Ids"
import * as Checkpoints from "@paylog/sealer/Checkpoints"
import * as Sealer from "@paylog/sealer/environment"
import * as LogEvents from "@paylog/sealer/LogEvents"
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as LogHistory from "@paylog/sealer/LogHistory"
import * as Outside from "@paylog/sealer/Outside"
import * as Sealing from "@paylog/sealer/Sealing"
import * as Standing from "@paylog/sealer/Standing"
import * as Tiles from "@paylog/sealer/Tiles"
import * as Bytes from "@paylog/transparency/Bytes"
import { Console, DateTime, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { actingOnLog, json, who, withId } from "../acting.ts"
import { auditingAll } from "../auditing.ts"
import { different, refused } from "../Ended.ts"
import * as print from "../print.ts"
import * as sealing from "../sealing.ts"

const show = (asJson: boolean) =>
  Effect.gen(function* () {
    const environment = yield* Sealer.forChecking
    const report = yield* auditingAll(reportOf(environment)).pipe(
      Effect.catchTag("OutsideUnreachable", ({ message }) => Effect.fail(refused(message))),
    )
    if (asJson) yield* print.json(report)
    else yield* print.line(textOf(report))
    if (!report.agrees) return yield* different(report.standing)
  })

const reportOf = Effect.fnUntraced(function* (environment: Option.Option<Sealer.Sealing>) {
  const origin = Option.getOrUndefined(environment)?.keys.origin
  const head = yield* headOf(yield* Database)
  const sealed = yield* Tiles.size
  const inside = yield* Option.match(environment, {
    onNone: () => Effect.undefined,
    onSome: ({ keys }) => Checkpoints.newest.pipe(Effect.provideService(LogKeys, keys)),
  })
  const shown = (one: { readonly origin: string; readonly size: number; readonly root: Uint8Array } | undefined) =>
    one === undefined ? null : { origin: one.origin, size: one.size, root: Bytes.toBase64(one.root) }
  const compared = yield* Option.match(environment, {
    onNone: () =>
      Effect.succeed({
        agrees: true,
        outside: null,
        standing: "The checkpoint store was not asked: LOG_ORIGIN and CHECKPOINT_STORE are not set",
      }),
    onSome: (one) =>
      Effect.gen(function* () {
        const outside = yield* Outside.read
        const standing = yield* Standing.compare(outside)
        return { agrees: standing._tag === "Agrees", outside: shown(outside), standing: Standing.describe(standing) }
      }).pipe(
        Effect.catchTag("NotOurs", ({ message }) =>
          Effect.succeed({ agrees: false, outside: null, standing: message }),
        ),
        Effect.provide(Sealing.outside(one)),
      ),
  })
  const unprotected = head - BigInt(compared.outside?.size ?? 0)
  return { origin: origin ?? null, head, sealed, inside: shown(inside), ...compared, unprotected }
})

const textOf = (report: Effect.Success<ReturnType<typeof reportOf>>): string => {
  const of = (one: { readonly size: number } | null) => (one === null ? "none" : print.number(one.size))
  return [
    print.tableText(
      ["CHECKPOINT", "EVENTS"],
      [
        ["recorded", print.number(report.head)],
        ["sealed in the tree", print.number(report.sealed)],
        ["signed", report.origin === null ? "not asked" : of(report.inside)],
        ["outside", report.origin === null ? "not asked" : of(report.outside)],
      ],
      { right: [1] },
    ),
    "",
    report.standing,
    ...(report.unprotected > 0n && report.origin !== null
      ? [
          `The last ${print.count(report.unprotected, "event")} ${report.unprotected === 1n ? "is" : "are"} in no outside checkpoint: the window between two checkpoints is unprotected`,
        ]
      : []),
  ].join("\n")
}

const adopt = Command.make("adopt", { ...who, id: sealing.id, json }, ({ by, reason, id, json }) =>
  Effect.gen(function* () {
    const proposed = yield* sealing.withStore(({ keys }) =>
      actingOnLog(
        withId(id, Ids.proposalId, (proposalId) =>
          Effect.gen(function* () {
            const standing = yield* Effect.flatMap(Outside.read, Standing.compare)
            if (standing._tag !== "Missing") return yield* refused(Standing.describe(standing))
            const size = standing.sealed
            const root = Bytes.toBase64(yield* Tiles.rootAt(size))
            const what = { _tag: "AdoptionProposed", origin: keys.origin, size, root } as const
            return yield* LogHistory.propose(proposalId, what, yield* sealing.act({ by, reason }))
          }),
        ),
      ),
    )
    yield* sealing.show(proposed, json)
  }),
).pipe(
  Command.withDescription(
    "Propose that this log be signed although its outside checkpoint is missing; another person approves it",
  ),
)

const approve = Command.make(
  "approve",
  {
    proposal: Argument.String("proposal").pipe(Argument.withSchema(ProposalId), Argument.withDescription("pro_…")),
    digest: Flag.String("digest").pipe(
      Flag.withSchema(Digest),
      Flag.withDescription("Of the text that was read: nothing else is approved"),
    ),
    ...who,
    json,
  },
  ({ proposal, digest, by, reason, json }) =>
    Effect.gen(function* () {
      yield* actingOnLog(
        Effect.flatMap(sealing.act({ by, reason }), (act) => LogHistory.approve(proposal, digest, act)),
      )
      if (json) return yield* print.json({ proposal, approvedBy: by })
      yield* Console.log(`${proposal} is approved`)
      yield* Console.error("The process that signs acts on it within an hour, or not at all")
    }),
).pipe(Command.withDescription("Approve what another person proposed about the log, once it is read"))

const proposals = Command.make("proposals", { json }, ({ json }) =>
  Effect.gen(function* () {
    const all = yield* auditingAll(LogHistory.proposals)
    if (json) return yield* print.json(all.map(({ event, approved }) => ({ ...sealing.shown(event), approved })))
    if (all.length === 0) return yield* Console.log("Nothing was proposed about the log")
    for (const { event, approved } of all) {
      const state =
        approved === undefined ? "" : `approved by: ${approved.by}\napproved at: ${DateTime.formatIso(approved.at)}\n`
      yield* Console.log(`${LogEvents.textOf(event)}digest: ${LogEvents.digestOf(event)}\n${state}`)
    }
  }),
).pipe(Command.withDescription("What was proposed about the log, each as it is to be approved, and what was approved"))

export const checkpoint = Command.make("checkpoint", { json }, ({ json }) => show(json)).pipe(
  Command.withDescription("How far the log is sealed, signed and known outside, and whether it agrees with that"),
  Command.withSubcommands([adopt, approve, proposals]),
)
