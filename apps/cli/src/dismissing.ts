/** Dismissing a statement, of an invoice and of unmatched money. */
import * as Invoice from "@paylog/domain/Invoice"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import type { Who } from "@paylog/payments/Manual"
import { Console, Effect, type Option } from "effect"
import { acting, which } from "./acting.ts"
import * as print from "./print.ts"

export const dismiss = (stream: string, given: Option.Option<number>, who: Who, json: boolean) =>
  Effect.gen(function* () {
    const { payment, isNew } = yield* acting(
      Effect.gen(function* () {
        const payment = yield* which(stream, given)
        return { payment, isNew: yield* HeldMoney.dismiss(stream, payment, who) }
      }),
    )
    const invoiceId = Invoice.idOf(stream)
    if (json) return yield* print.json({ ...(invoiceId === undefined ? {} : { invoiceId }), stream, payment, isNew })
    yield* Console.log(`Statement ${payment} of ${invoiceId ?? stream} is dismissed${isNew ? "" : ", as before"}`)
  })
