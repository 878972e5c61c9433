/** The check of one invoice's proof, among a million events: without a database, as a customer does it. */
import { sha256 as nodes } from "@paylog/sealer/sha256"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import { entryOf, type Stored } from "@paylog/transparency/Entry"
import * as Note from "@paylog/transparency/Note"
import * as ProofFile from "@paylog/transparency/ProofFile"
import { type Hash, sha256 } from "@paylog/transparency/Sha256"
import { extend, reader } from "@paylog/transparency/Tiles"
import { leafHash, rootOf } from "@paylog/transparency/Tree"
import { verifyProof } from "@paylog/transparency/Verifier"
import { Effect } from "effect"
import { randomBytes, randomUUID } from "node:crypto"
import { sampleInvoice, sampleMetadata } from "../sampleInvoice.ts"
import { type Contestant, type Effort, type Scenario, Unsound } from "../Scenario.ts"

const size = 1_000_000
const stream = "invoice-inv_00000000000000000000"
const origin = "bench.example/log"

/** The sample invoice, its events far apart. */
const events = sampleInvoice.map(({ type, data }, index): Stored => ({
  position: BigInt(190_000 * index + 77),
  recordedAtMs: 1_767_225_600_000n,
  version: index + 1,
  schemaVersion: 1,
  id: randomUUID(),
  stream,
  type,
  data,
  metadata: sampleMetadata,
  appendKey: `${stream}/${type}`,
  appendDigest: nodes(Buffer.from(type)),
  appendCount: 1,
}))

/** Its proof, in a tree whose other leaves are random, and the key. */
const proof = Effect.promise(async () => {
  const leaves: Array<Uint8Array> = Array.from({ length: size }, () => randomBytes(32))
  for (const event of events) leaves[Number(event.position) - 1] = leafHash(entryOf(event, nodes), nodes)
  const { changed, edge } = extend(0, [], leaves, nodes)
  const { signerKey, verifierKey } = await Note.generate(origin)
  const checkpoint = Checkpoint.format({ origin, size, root: rootOf(size, reader(edge, nodes), nodes), extensions: [] })
  const note = await Note.sign(checkpoint, [await Note.signer(signerKey)])
  return { text: ProofFile.write({ stream, events, size, note }, reader(changed, nodes), nodes), key: verifierKey }
})

const checker = (name: string, about: string, hash: Hash, { text, key }: Effect.Success<typeof proof>): Contestant => ({
  name,
  about,
  round: Effect.fnUntraced(function* ({ seconds }: Effort) {
    const latencies: Array<number> = []
    const start = performance.now()
    while (performance.now() - start < 1000 * seconds) {
      const began = performance.now()
      const result = yield* Effect.promise(() => verifyProof(text, [key], { hash }))
      latencies.push(performance.now() - began)
      if (!result.holds) return yield* new Unsound({ contestant: name, reason: result.problem })
    }
    return { operations: latencies.length, seconds: (performance.now() - start) / 1000, latencies }
  }),
})

export const checkOfProof: Scenario = {
  name: "proof",
  title: `the proof of one invoice of ${events.length} events among a million, checked`,
  comparisons: [{ of: "check-proof", against: "paylog check", figure: "p50" }],
  prepare: Effect.map(proof, (proof) => [
    checker("paylog check", "with Node's SHA-256", nodes, proof),
    checker("check-proof", "with the SHA-256 of check-proof.mjs and verify.html", sha256, proof),
  ]),
}
