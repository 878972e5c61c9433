/** Invoices that wait for their payment, as many as a round may pay. */
import { EventStore, type NewEvent } from "@paylog/event-store/EventStore"
import { versionOf } from "@paylog/event-store/Projection"
import { followers } from "@paylog/payments/followers"
import { Effect, type Redacted } from "effect"
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { fill } from "../fill.ts"
import { connect, sql } from "../postgres.ts"
import { sampleInvoice, sampleMetadata } from "../sampleInvoice.ts"

/** Up to where an invoice's history waits for its payment. Its order is open until 2036, so that nobody's clock ends it. */
const awaiting = sampleInvoice
  .slice(0, 3)
  .map(({ type, data }) => ({ type, data: data.replaceAll("2026-01-01T12:30", "2036-01-01T12:30") }))

/** Appends `count` invoices; gives their ids. */
export const issue = (count: number) => issueTo(Array.from({ length: count }, () => sampleCustomer))

/** The same, an invoice to each of these customers. */
export const issueTo = Effect.fnUntraced(function* (customers: ReadonlyArray<string>) {
  const store = yield* EventStore
  const run = randomBytes(5).toString("hex")
  const invoices = customers.map((customer, index) => ({
    id: `inv_${run}${index.toString().padStart(10, "0")}`,
    customer,
  }))
  yield* Effect.forEach(
    invoices,
    ({ id, customer }) => patiently(store.append({ key: `bench/${id}`, streams: [opened(id, customer)] })),
    { concurrency: 128, discard: true },
  )
  return invoices.map(({ id }) => id)
})

/** As the sample has it. */
const sampleCustomer = "cus_k3v0q8w1z6m2x9b4t7ra"

/** A log that is busy with what came before answers later. */
const patiently = <A, E>(append: Effect.Effect<A, E>) => Effect.orDie(Effect.retry(append, { times: 10 }))

const opened = (id: string, customer: string) => {
  const [first, ...others] = awaiting.map(({ type, data }): NewEvent => ({
    id: randomUUID(),
    type,
    schemaVersion: 1,
    data: data.replaceAll("inv_00000000000000000000", id).replaceAll(sampleCustomer, customer),
    metadata: sampleMetadata,
  }))
  if (first === undefined) throw new Error("The sample invoice has no events")
  return { stream: `invoice-${id}`, expected: "none" as const, events: [first, ...others] as const }
}

/**
 * Such invoices in bulk, in an empty log whose followers have passed them already: a million in a minute or two. `idOf` gives
 * each one's id, from 0 on.
 */
export const issueInBulk = Effect.fnUntraced(function* (url: Redacted.Redacted, count: number) {
  yield* fill(url, count * awaiting.length, "unkept", awaiting)
  const client = yield* connect(url)
  const names = followers.map(({ name }) => name)
  yield* Effect.promise(() => client.query(sql("past-followers"), [names, followers.map(versionOf)]))
})

/** As `fill-log.sql` names them. */
export const idOf = (index: number): string =>
  `inv_${createHash("sha256").update(index.toString()).digest("hex").slice(0, 20)}`
