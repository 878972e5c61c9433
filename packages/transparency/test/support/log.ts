/** A log of some invoices, its tree and its signed checkpoint. */
import { randomUUID } from "node:crypto"
import * as Checkpoint from "../../src/Checkpoint.ts"
import { entryOf } from "../../src/Entry.ts"
import * as Note from "../../src/Note.ts"
import * as ProofFile from "../../src/ProofFile.ts"
import { extend, reader } from "../../src/Tiles.ts"
import { leafHash, rootOf } from "../../src/Tree.ts"
import { sha256 } from "./merkle.ts"

export const origin = "log.example/paylog"
export const keys = await Note.generate(origin)
export const otherKeys = await Note.generate(origin)

export type Event = ProofFile.Contents["events"][number]

/** `inv_` and twenty times this digit. */
export const streamOf = (digit: string): string => `invoice-inv_${digit.repeat(20)}`

/** One event for each digit, in its invoice. `data` and `metadata` may be other than usual, by position. */
export const eventsOf = (
  digits: string,
  change: (event: Event, position: number) => Event = (event) => event,
): ReadonlyArray<Event> => {
  const versions = new Map<string, number>()
  return Array.from(digits, (digit, index) => {
    const stream = streamOf(digit)
    const version = (versions.get(stream) ?? 0) + 1
    versions.set(stream, version)
    const isFirst = index % 2 === 0
    return change(
      {
        position: BigInt(index + 1),
        recordedAtMs: 1_767_225_600_000n + BigInt(index),
        version,
        schemaVersion: 1,
        id: randomUUID(),
        stream,
        type: version === 1 ? "InvoiceIssued" : "PaymentReceived",
        data: `{"invoiceId":"${stream.slice("invoice-".length)}","lines":"Tée ☕"}`,
        metadata: `{"correlationId":"${index}"}`,
        appendKey: isFirst ? `${stream}/${version}` : null,
        appendDigest: isFirst ? sha256(Buffer.from([index])) : null,
        appendCount: isFirst ? 1 : null,
      },
      index + 1,
    )
  })
}

export const sign = async (
  size: number,
  root: Uint8Array,
  { signerKey = keys.signerKey, named = origin }: { readonly signerKey?: string; readonly named?: string } = {},
) => Note.sign(Checkpoint.format({ origin: named, size, root, extensions: [] }), [await Note.signer(signerKey)])

export const treeOf = (events: ReadonlyArray<Event>) => {
  const { changed, edge, size } = extend(
    0,
    [],
    events.map((event) => leafHash(entryOf(event, sha256), sha256)),
    sha256,
  )
  return { size, read: reader(changed, sha256), root: rootOf(size, reader(edge, sha256), sha256) }
}

/** The proof of the invoice of this digit. */
export const proofOf = async (events: ReadonlyArray<Event>, digit: string, how?: Parameters<typeof sign>[2]) => {
  const { size, read, root } = treeOf(events)
  const stream = streamOf(digit)
  const own = events.filter((event) => event.stream === stream)
  return ProofFile.write({ stream, events: own, size, note: await sign(size, root, how) }, read, sha256)
}
