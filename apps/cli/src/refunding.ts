/** Asking for a refund, of an invoice's money and of unmatched money. */
import { RefundId } from "@paylog/domain/Refund"
import * as Ids from "@paylog/payments/Ids"
import type { Who } from "@paylog/payments/Manual"
import * as Refunds from "@paylog/payments/Refunds"
import { Console, Effect, type Option } from "effect"
import { Flag } from "effect/cli"
import { acting, readMoneyOption, which, withId } from "./acting.ts"
import * as money from "./money.ts"
import * as print from "./print.ts"

export const flags = {
  amount: Flag.String("amount").pipe(
    Flag.withDescription('How much goes back: "12.50 USDT". Default: all that is left of the payment'),
    Flag.optional,
  ),
  id: Flag.String("id").pipe(
    Flag.withSchema(RefundId),
    Flag.withDescription("The refund's id, when this is a repetition. Default: a new one"),
    Flag.optional,
  ),
}

interface Given {
  readonly payment: Option.Option<number>
  readonly amount: Option.Option<string>
  readonly id: Option.Option<RefundId>
}

export const request = (stream: string, given: Given, who: Who, json: boolean) =>
  Effect.gen(function* () {
    const amount = yield* readMoneyOption(given.amount)
    const requested = yield* acting(
      withId(given.id, Ids.refundId, (refundId) =>
        Effect.flatMap(which(stream, given.payment), (payment) =>
          Refunds.request(stream, { refundId, payment, ...(amount === undefined ? {} : { amount }) }, who),
        ),
      ),
    )
    if (json) return yield* print.json({ ...requested, stream, amount: money.json(requested.amount) })
    const { refundId, isNew, progress } = requested
    const words = money.words(requested.amount)
    // Nobody shall send it again.
    if (progress !== "Requested")
      return yield* Console.log(`${refundId}: ${words} was asked for before, and is ${progress.toLowerCase()} by now`)
    yield* Console.log(`${refundId}: ${words} is to go back${isNew ? "" : ", as before"}`)
    yield* Console.error(
      `Another person takes it, sends it, and then says so:\n  paylog refund take ${refundId} --by stf_… --reason "…"\n  paylog refund record ${refundId} --sent "…" --way "…" --reference "…" --by stf_… --reason "…"`,
    )
  })
