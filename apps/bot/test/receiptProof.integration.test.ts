/** A receipt that its customer can have checked by anybody. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { LogKeys } from "@paylog/sealer/LogKeys"
import * as Sealer from "@paylog/sealer/Sealer"
import * as Tiles from "@paylog/sealer/Tiles"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Note from "@paylog/transparency/Note"
import { verifyProof } from "@paylog/transparency/Verifier"
import { Effect, Schedule } from "effect"
import { openOrder, pay, person, startBot } from "./support/shop.ts"
import { world } from "./support/world.ts"

const origin = "shop.example/log"
const { signerKey, verifierKey } = await Note.generate(origin)
const keys = { origin, signer: undefined, verifiers: [await Note.verifier(verifierKey)] }

/** Signs a checkpoint over all that is sealed once the tree has `size` events. */
const signed = Effect.fnUntraced(function* (size: number) {
  yield* Tiles.size.pipe(
    Effect.repeat({ until: (now) => now >= size, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("20 seconds"),
  )
  const root = yield* Tiles.rootAt(size)
  const note = yield* Effect.promise(async () =>
    Note.sign(Checkpoint.format({ origin, size, root, extensions: [] }), [await Note.signer(signerKey)]),
  )
  yield* written(size, root, note)
  return verifierKey
})

const written = (size: number, root: Uint8Array, note: string) =>
  Database.use(({ query }) =>
    query(
      {
        name: "test-checkpoint",
        text: "insert into transparency.checkpoints (origin, size, root, note, signed_at) values ($1, $2, $3, $4, now())",
      },
      [origin, size, root, note],
    ),
  )

layer(world(), { excludeTestServices: true })("/receipt", (it) => {
  it.effect("carries the proof of its payment once a checkpoint holds it, and is a text before", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator
      yield* startBot().pipe(Effect.provideService(LogKeys, keys))
      yield* Effect.forkScoped(Sealer.run({ gather: 0 }))
      const ada = yield* person()
      const invoiceId = yield* ada.buy("House blend")
      yield* openOrder(invoiceId)
      yield* ada.message("Your invoice")
      yield* pay(invoiceId)
      yield* ada.message("Paid. Thank you!")

      yield* ada.send("/receipt XYTNJP2O")
      const plain = yield* ada.message("🧾 Receipt")
      assert.isUndefined(plain.document)

      const [row] = yield* (yield* Database).query<{ readonly head: bigint }>({
        name: "test-head",
        text: "select max(position) as head from paylog.events",
      })
      const key = yield* signed(Number(row?.head))
      // Whoever may insert and has no key, a moment later: the receipt rests on what was signed.
      yield* written(Number(row?.head) + 1, yield* Tiles.rootAt(Number(row?.head)), "planted")
      yield* ada.send("/receipt XYTNJP2O")
      const proven = yield* ada.see(({ messages }) => messages.findLast(({ document }) => document !== undefined))
      assert.include(proven.text, "Paid: 12.51 USDT")
      assert.strictEqual(proven.document?.file_name, "receipt-XYTNJP2O.json")

      const file = yield* Effect.promise(async () => {
        const { baseUrl, token } = emulator
        const told = await fetch(`${baseUrl}/bot${token}/getFile?file_id=${proven.document?.file_id}`)
        const { result }: { result: { file_path: string } } = JSON.parse(await told.text())
        return (await fetch(`${baseUrl}/file/bot${token}/${result.file_path}`)).text()
      })
      const proof = yield* Effect.promise(() => verifyProof(file, [key]))
      assert.isTrue(proof.holds, proof.holds ? "" : proof.problem)
      assert.strictEqual(proof.holds && proof.stream, `invoice-${invoiceId}`)
      const forged = yield* Effect.promise(() => verifyProof(file.replace("12.50", "12.51"), [key]))
      assert.isFalse(forged.holds)
    }),
  )
})
