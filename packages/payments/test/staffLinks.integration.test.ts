/** Who of the staff works with the bot: one Telegram user and one person, by an invitation that holds once. */
import { awaiting } from "@paylog/payments/Samples"
import { assert, layer } from "@effect/vitest"
import type { StaffId } from "@paylog/domain/Manual"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as HeldMoney from "@paylog/payments/HeldMoney"
import * as Metadata from "@paylog/payments/Metadata"
import * as Staff from "@paylog/payments/Staff"
import * as Invoice from "@paylog/domain/Invoice"
import { Effect, Exit, Option, Result } from "effect"
import { randomUUID } from "node:crypto"
import { pay, person } from "./support/money.ts"
import { world } from "./support/world.ts"

const statement = (text: string) => ({ name: `test-${randomUUID()}`, text })

/** Runs as the role that the bot's login has. */
const asBot = <A>(text: string, values: ReadonlyArray<unknown> = []) =>
  Database.use(({ transaction }) =>
    transaction((sql) =>
      Effect.andThen(sql.query(statement("set local role paylog_project")), sql.query<A>(statement(text), values)),
    ),
  )

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure._tag : "done"))

const linked = Effect.fnUntraced(function* (staffId: StaffId, telegramUserId: string) {
  assert.isTrue(yield* Staff.acceptInvitation(yield* Staff.invite(staffId), telegramUserId))
})

layer(world, { excludeTestServices: true })("an invitation", (it) => {
  it.effect("links one Telegram user to one person, once", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann")
      const code = yield* Staff.invite(ann)
      assert.match(code, /^staff_[0-9a-z]{20}$/)
      assert.isFalse(yield* Staff.acceptInvitation("staff_00000000000000000000", "7000000001"))
      const both = yield* Effect.forEach(["7000000001", "7000000002"], (user) => Staff.acceptInvitation(code, user), {
        concurrency: "unbounded",
      })
      assert.lengthOf(
        both.filter((one) => one),
        1,
      )
      const user = both[0] === true ? "7000000001" : "7000000002"
      assert.deepStrictEqual(
        Option.map(yield* Staff.linkedTo(user), ({ staffId, role }) => [staffId, role]),
        Option.some([ann, "owner"]),
      )
      assert.isFalse(yield* Staff.acceptInvitation(code, "7000000003"))
      assert.strictEqual(yield* tagOf(Staff.invite(ann)), "LinkedAlready")
      // One person is not two.
      const ben = yield* person("Ben")
      assert.isFalse(yield* Staff.acceptInvitation(yield* Staff.invite(ben), user))
      assert.isTrue(Option.exists(yield* Staff.linkedTo(user), ({ staffId }) => staffId === ann))
    }),
  )

  it.effect("ends after an hour, with a newer one, and when its person leaves", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const ann = yield* person("Ann")
      const old = yield* Staff.invite(ann)
      const newer = yield* Staff.invite(ann)
      assert.isFalse(yield* Staff.acceptInvitation(old, "7000000010"))
      yield* query(statement("update payments.staff_invitations set expires_at = now() - interval '1 second'"))
      assert.isFalse(yield* Staff.acceptInvitation(newer, "7000000010"))
      const last = yield* Staff.invite(ann)
      yield* Staff.leave(ann)
      assert.isFalse(yield* Staff.acceptInvitation(last, "7000000010"))
      assert.strictEqual(yield* tagOf(Staff.invite(ann)), "NotStaff")
    }),
  )

  it.effect("is kept as a digest, and the bot can accept one and change nothing else of the staff", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const [ann, ben] = [yield* person("Ann"), yield* person("Ben")]
      const code = yield* Staff.invite(ann)
      const [row] = yield* query<{ readonly row: string }>(
        statement("select json_agg(i)::text as row from payments.staff_invitations as i"),
      )
      assert.notInclude(row?.row, code.slice(6))
      for (const forbidden of [
        "select from payments.staff_invitations",
        "insert into payments.staff_links (staff_id, telegram_user_id) values ('stf_00000000000000000000', '7')",
        "update payments.staff_links set telegram_user_id = '7'",
        "delete from payments.staff_links",
        "update payments.staff set role = 'owner'",
        "insert into payments.staff (staff_id, name) values ('stf_00000000000000000000', 'Eve')",
        `insert into payments.staff_invitations (staff_id, code_digest, expires_at) values ('${ben}', '\\x00', now())`,
      ])
        assert.isTrue(Exit.hasDies(yield* Effect.exit(asBot(forbidden))), forbidden)
      const [accepted] = yield* asBot<{ readonly linked: boolean }>(
        "select payments.accept_staff_invitation(sha256($1::text::bytea), $2) as linked",
        [code, "7000000020"],
      )
      assert.isTrue(accepted?.linked)
    }),
  )
})

layer(world, { excludeTestServices: true })("somebody who is linked", (it) => {
  it.effect("acts in the bot whatever the database login is, and stands in the log as themselves", () =>
    Effect.gen(function* () {
      const ann = yield* person("Ann", "ann_and_nobody_else")
      yield* linked(ann, "7000000030")
      const { invoiceId, orderId } = yield* awaiting
      yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
      const accept = (telegramUserId: string) =>
        HeldMoney.accept(invoiceId, 1, { by: ann, reason: "agreed", bot: { telegramUserId, updateKey: "update/1/2" } })
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, { by: ann, reason: "agreed" })), "OtherLogin")
      assert.strictEqual(yield* tagOf(accept("7000000031")), "NotStaff")
      assert.strictEqual(yield* tagOf(accept("7000000030")), "done")
      const stream = yield* (yield* EventStore).readStream(Invoice.stream(invoiceId))
      const last = stream.at(-1)
      assert.isDefined(last)
      const { actor, source, correlationId } = Metadata.of(last)
      assert.deepStrictEqual([actor, source, correlationId], [{ kind: "Staff", id: ann }, "Bot", "update/1/2"])
      assert.isFalse(stream.some(({ data, metadata }) => `${data}${metadata}`.includes("7000000030")))
    }),
  )

  it.effect("decides nothing as support, and nothing after they left", () =>
    Effect.gen(function* () {
      const { staffId: cam } = yield* Staff.add({ name: "Cam", login: undefined, role: "support" })
      const ann = yield* person("Ann")
      yield* linked(cam, "7000000040")
      yield* linked(ann, "7000000041")
      const { invoiceId, orderId } = yield* awaiting
      yield* pay(invoiceId, { orderId, orderAmount: Money.of("USD", 999n) })
      const accept = (by: StaffId, telegramUserId: string) =>
        HeldMoney.accept(invoiceId, 1, { by, reason: "agreed", bot: { telegramUserId, updateKey: "update/1/3" } })
      assert.strictEqual(yield* tagOf(accept(cam, "7000000040")), "MayOnlyLook")
      assert.strictEqual(yield* tagOf(HeldMoney.accept(invoiceId, 1, { by: cam, reason: "agreed" })), "MayOnlyLook")
      yield* Staff.leave(ann)
      assert.isTrue(Option.isNone(yield* Staff.linkedTo("7000000041")))
      assert.strictEqual(yield* tagOf(accept(ann, "7000000041")), "NotStaff")
      assert.isTrue(yield* Staff.unlink(cam))
      assert.isFalse(yield* Staff.unlink(cam))
      assert.isTrue(Option.isNone(yield* Staff.linkedTo("7000000040")))
    }),
  )
})
