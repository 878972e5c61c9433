/** A proof as `paylog prove` writes it, of an invoice in a log of two, and the key that signed the log. */
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import { entryOf } from "@paylog/transparency/Entry"
import * as Note from "@paylog/transparency/Note"
import * as ProofFile from "@paylog/transparency/ProofFile"
import { sha256 } from "@paylog/transparency/Sha256"
import { extend, reader } from "@paylog/transparency/Tiles"
import { leafHash, rootOf } from "@paylog/transparency/Tree"
import { randomUUID } from "node:crypto"

const origin = "shop.example/log"
const stream = "invoice-inv_7h2k9m4p1q8r3s6t5v0w"

const history: ReadonlyArray<readonly [type: string, data: string]> = [
  [
    "InvoiceIssued",
    '{"lines":[{"title":"Coffee ☕, 250 g","quantity":1}],"amount":{"currency":"USD","amount":"12.50"}}',
  ],
  // A number that no parser of JavaScript gives back as it was written.
  [
    "PaymentReceived",
    String.raw`{"orderId":10030467668508673123,"gross":{"currency":"USDT","amount":"12.502501"},"note":"a \"{,}\""}`,
  ],
  ["InvoicePaid", '{"payment":1,"paidAt":"2026-03-01T12:00:04.120Z"}'],
]

export const makeProof = async () => {
  const { signerKey, verifierKey } = await Note.generate(origin)
  const events = [stream, "invoice-inv_00000000000000000000"].flatMap((of, place) =>
    history.map(([type, data], at) => ({
      position: BigInt(place * history.length + at + 1),
      recordedAtMs: 1_772_366_400_000n + BigInt(at),
      version: at + 1,
      schemaVersion: 1,
      id: randomUUID(),
      stream: of,
      type,
      data,
      metadata: '{"source":"Webhook"}',
      appendKey: null,
      appendDigest: null,
      appendCount: null,
    })),
  )
  const leaves = events.map((event) => leafHash(entryOf(event, sha256), sha256))
  const { changed, edge, size } = extend(0, [], leaves, sha256)
  const root = rootOf(size, reader(edge, sha256), sha256)
  const note = await Note.sign(Checkpoint.format({ origin, size, root, extensions: [] }), [
    await Note.signer(signerKey),
  ])
  const own = events.filter((event) => event.stream === stream)
  const text = ProofFile.write({ stream, events: own, size, note }, reader(changed, sha256), sha256)
  return { text, key: verifierKey, otherKey: (await Note.generate(origin)).verifierKey }
}
