/** `paylog fulfil`: what was paid for and could not be delivered. */
import * as FulfilByHand from "@paylog/payments/FulfilByHand"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { acting, invoice, json, who, Words } from "../acting.ts"
import * as openItems from "../openItems.ts"
import * as print from "../print.ts"

const list = Command.make("list", { json }, ({ json }) => openItems.show(["Undelivered"], "invoice-", json)).pipe(
  Command.withDescription("List what was paid for and cannot be delivered, the oldest first"),
)

const retry = Command.make("retry", { invoice, ...who, json }, ({ invoice, json, ...who }) =>
  Effect.gen(function* () {
    const { isNew, reference } = yield* acting(FulfilByHand.retry(invoice, who))
    if (json) return yield* print.json({ invoiceId: invoice, isNew, ...(reference === undefined ? {} : { reference }) })
    if (reference !== undefined)
      return yield* Console.log(`${invoice} was delivered before: ${print.plain(reference)}. Nothing is tried again`)
    yield* Console.log(`${invoice} is ${isNew ? "delivered once more by a worker" : "being delivered, as before"}`)
  }),
).pipe(Command.withDescription("Have it delivered once more, after what stood in the way was removed"))

const record = Command.make(
  "record",
  {
    invoice,
    reference: Flag.String("reference").pipe(
      Flag.withSchema(Words),
      Flag.withDescription("How it can be found again, a parcel's number say: no name, no address"),
    ),
    ...who,
    json,
  },
  ({ invoice, reference: given, json, ...who }) =>
    Effect.gen(function* () {
      const { isNew, reference = given } = yield* acting(FulfilByHand.record(invoice, given, who))
      if (json) return yield* print.json({ invoiceId: invoice, isNew, reference })
      yield* Console.log(
        isNew ? `${invoice} is delivered` : `${invoice} was delivered before: ${print.plain(reference)}`,
      )
    }),
).pipe(
  Command.withDescription("Record that you have delivered it by hand; its customer is told"),
  Command.withExamples([
    {
      command: 'paylog fulfil record inv_4f0c… --reference "parcel 4711" --by stf_9a1b… --reason "sent by post"',
      description: "With how it can be found again",
    },
  ]),
)

export const fulfil = Command.make("fulfil").pipe(
  Command.withDescription("What was paid for and could not be delivered"),
  Command.withSubcommands([list, retry, record]),
)
