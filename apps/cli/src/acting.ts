/** What the commands have in common by which people decide about money: who, why, about what, and how it ends. */
import * as Invoice from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import * as Money from "@paylog/domain/Money"
import { Text } from "@paylog/domain/Text"
import * as Unmatched from "@paylog/domain/Unmatched"
import * as Database from "@paylog/event-store/environment"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import * as Approvals from "@paylog/payments/Approvals"
import * as Invoices from "@paylog/payments/Invoices"
import * as UnmatchedMoney from "@paylog/payments/UnmatchedMoney"
import * as Sealer from "@paylog/sealer/environment"
import * as Sealing from "@paylog/sealer/Sealing"
import { Console, Effect, Layer, Option, Predicate, Result, Schema } from "effect"
import { Argument, Flag } from "effect/cli"
import { SecureRandom } from "effect/crypto"
import { busy, Ended, failed, refused, usage } from "./Ended.ts"
import * as services from "./services.ts"

// -- Flags and arguments.

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("One JSON document on stdout"),
  Flag.withDefault(false),
)

/** What the log keeps to the letter: longer ones would be cut there. */
export const Words = Schema.String.check(
  Schema.makeFilter(Schema.is(Text), { expected: "1 to 255 characters in one line" }),
)

/** Of every command that decides something. */
export const who = {
  by: Flag.String("by").pipe(
    Flag.withSchema(StaffId),
    Flag.withDescription("Who decides: a staff id, as `paylog staff list` shows it"),
  ),
  reason: Flag.String("reason").pipe(
    Flag.withSchema(Words),
    Flag.withDescription("Why, for whoever reads the log later: no names, no account numbers"),
  ),
}

export const payment = Flag.Int("payment").pipe(
  Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0))),
  Flag.withDescription("Which payment of it: the first is 1. May be left out when there is no other"),
  Flag.optional,
)

/** The payment that is meant: where there are several, nobody decides about the first one by leaving it out. */
export const which = Effect.fnUntraced(function* (stream: string, payment: Option.Option<number>) {
  if (Option.isSome(payment)) return payment.value
  const id = Invoice.idOf(stream)
  const state = yield* id === undefined ? UnmatchedMoney.get(stream) : Invoices.get(id)
  const several = "payments" in state && state.payments.length > 1
  return several ? yield* usage(`It has ${state.payments.length} payments: say which, with --payment`) : 1
})

export const invoice = Argument.String("invoice").pipe(
  Argument.withSchema(Invoice.InvoiceId),
  Argument.withDescription("The invoice's id: inv_…"),
)

const OrderName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_.:-]{1,140}$/, { expected: "an order's id, or a stream unmatched-…" }),
)

/** An order whose money no invoice has. */
export const order = {
  order: Argument.String("order").pipe(
    Argument.withSchema(OrderName),
    Argument.withDescription("The provider's order id, or the stream as `paylog unmatched list` shows it"),
  ),
  provider: Flag.String("provider").pipe(
    Flag.withDescription("Whose order id it is. Default: wallet-pay"),
    Flag.withDefault("wallet-pay"),
  ),
}

/** The stream of such an order. */
export const streamOf = (given: { readonly order: string; readonly provider: string }): string =>
  given.order.startsWith("unmatched-")
    ? given.order
    : Unmatched.stream({ provider: given.provider, orderId: given.order })

/** "12.50 USDT", exact. */
export const readMoney = (text: string): Effect.Effect<Money.Money, Ended> => {
  const [, amount = "", currency = ""] = /^\s*([0-9.]+)\s+([A-Za-z0-9]+)\s*$/.exec(text) ?? []
  const read = Money.read(Money.scales, currency, amount)
  return Result.isSuccess(read) && Money.isMoney(read.success)
    ? Effect.succeed(read.success)
    : Effect.fail(
        usage(
          `"${text}" is no amount like "12.50 USDT": one of ${Object.keys(Money.scales).join(", ")}, with no more digits than it has`,
        ),
      )
}

/** The same for a flag that may be absent. */
export const readMoneyOption = (text: Option.Option<string>): Effect.Effect<Money.Money | undefined, Ended> =>
  Option.match(text, { onNone: () => Effect.undefined, onSome: readMoney })

// -- Running.

/**
 * Runs a command over the database of the environment. What is refused ends with code 3, in the rejection's own words. Where
 * there is a checkpoint store, nothing is written to a log that does not agree with it.
 */
export const acting = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  use: Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const log = Sealing.gated(yield* Sealer.forChecking, services.followers(yield* Database.environment))
    return yield* ending(use, "paylog_append and paylog_project").pipe(
      Effect.provide(Layer.merge(log, SecureRandom.layerWebCrypto)),
    )
  })

/** The same without asking the checkpoint store first: for what people decide about the log itself. */
export const actingOnLog = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  use: Effect.Effect<A, E, R>,
) =>
  Effect.flatMap(Database.environment, (database) =>
    ending(use, "paylog_append and paylog_project").pipe(
      Effect.provide(Layer.merge(services.followers(database), SecureRandom.layerWebCrypto)),
    ),
  )

/** The same with the owner's rights, for what nobody else may do. */
export const actingAsOwner = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  use: Effect.Effect<A, E, R>,
) =>
  Effect.flatMap(Database.environment, (database) =>
    ending(use, "the role that owns the tables: DATABASE_OWNER_URL").pipe(
      Effect.provide(Layer.merge(services.store(services.asOwner(database), 2), SecureRandom.layerWebCrypto)),
    ),
  )

const ending = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  use: Effect.Effect<A, E, R>,
  needs: string,
): Effect.Effect<A, Ended, R> =>
  use.pipe(
    Effect.mapError(ended),
    Effect.catchDefect((defect) =>
      isForbidden(defect)
        ? Effect.fail(refused(`This database login may not do that: it needs ${needs}`))
        : Effect.die(defect),
    ),
  )

/** Postgres says that the login lacks a right. */
export const isForbidden = (defect: unknown): boolean =>
  Predicate.hasProperty(defect, "cause") && Predicate.hasProperty(defect.cause, "code") && defect.cause.code === "42501"

const ended = (error: { readonly _tag: string; readonly message: string }): Ended => {
  if (error instanceof Ended) return error
  switch (error._tag) {
    case "StoreUnavailable":
      return failed(`${error.message}. It may or may not be done: give the same command again`)
    case "Overloaded":
      return busy(error.message)
    default:
      return refused(error.message)
  }
}

/** Makes the id of something new before it is asked for, so that whoever does not learn what became of it can ask again. */
export const withId = <Id extends string, A, E extends { readonly _tag: string }, R, R2>(
  given: Option.Option<Id>,
  made: Effect.Effect<Id, never, R2>,
  use: (id: Id) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const id = Option.isSome(given) ? given.value : yield* made
    return yield* use(id).pipe(
      Effect.tapError(({ _tag }) =>
        _tag === "StoreUnavailable" ? Console.error(`Its id is ${id}: give it with --id ${id}`) : Effect.void,
      ),
    )
  })

/** Waits until a follower has come to the log's end, and says so when it does not. */
export const caughtUp = Effect.fnUntraced(function* (follower: string) {
  const head = yield* (yield* EventStore).head
  yield* FollowerRunner.use((runner) => runner.awaitBookmark(follower, head, "3 seconds")).pipe(
    Effect.catchTag("NotCaughtUp", ({ reached }) =>
      Console.error(
        `The follower ${follower} is at position ${reached} of ${head}: what is newer is not seen here. Is an ingester running?`,
      ),
    ),
  )
})

/** The refund or proposal under this id. */
export const asked = Effect.fnUntraced(function* (id: string) {
  yield* caughtUp(Approvals.follower.name)
  return yield* Approvals.find(id)
})
