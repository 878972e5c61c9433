/** Who a staff member is: a random id for the log, and beside it a name and a database login, which can be erased. */
import { StaffId } from "@paylog/domain/Manual"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Effect, Schema } from "effect"
import * as Ids from "./Ids.ts"

export const Member = Schema.Struct({
  staffId: StaffId,
  name: Schema.String,
  /** The database login that this person works with, and nobody else. `null`: any login that is nobody's may act as them. */
  login: Schema.NullOr(Schema.String),
  addedAt: Schema.DateTimeUtcFromDate,
  /** Since then they may do nothing more. */
  leftAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
})
export type Member = typeof Member.Type

/** The id is nobody's, or that of somebody who left. */
export class NotStaff extends Schema.TaggedError<NotStaff>()("NotStaff", { staffId: StaffId }) {
  override readonly message = `${this.staffId} is nobody of the staff: see "paylog staff list"`
}

/** The person is bound to another database login than this session's, or this session's is another person's. */
export class OtherLogin extends Schema.TaggedError<OtherLogin>()("OtherLogin", {
  staffId: StaffId,
  session: Schema.String,
}) {
  override readonly message = `The database login ${this.session} may not act as ${this.staffId}: each person works with a database login of their own`
}

/** One login is one person: else one person could be two. */
export class LoginTaken extends Schema.TaggedError<LoginTaken>()("LoginTaken", { login: Schema.String }) {
  override readonly message = `The login ${this.login} is another person's already`
}

/** A new person, under a new id. */
export const add = Effect.fn("Staff.add")(function* (person: {
  readonly name: string
  readonly login: string | undefined
}) {
  const { query } = yield* Database
  const login = person.login ?? null
  const rows = yield* query(addStatement, [yield* Ids.staffId, person.name, login])
  return rows.length === 0 ? yield* new LoginTaken({ login: login ?? "" }) : decode(rows[0])
})

/** From now on the person may do nothing more; what they did keeps its id. */
export const leave = Effect.fn("Staff.leave")(function* (staffId: StaffId) {
  const rows = yield* (yield* Database).query(leaveStatement, [staffId])
  return rows.length === 0 ? yield* new NotStaff({ staffId }) : decode(rows[0])
})

/** Everybody, those who left too, in the order in which they came. */
export const list = Effect.gen(function* () {
  const rows = yield* (yield* Database).query(listStatement)
  return rows.map((row) => decode(row))
}).pipe(Effect.withSpan("Staff.list"))

/** Fails unless this session may act as the person. One look-up. */
export const require = Effect.fn("Staff.require")(function* (staffId: StaffId) {
  const [found] = yield* (yield* Database).query<{ readonly session: string; readonly allowed: boolean }>(
    findStatement,
    [staffId],
  )
  if (found === undefined) return yield* new NotStaff({ staffId })
  if (!found.allowed) return yield* new OtherLogin({ staffId, session: found.session })
})

const decode = Schema.decodeUnknownSync(Member)

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const addStatement = statement("add-staff")
const leaveStatement = statement("leave-staff")
const listStatement = statement("list-staff")
const findStatement = statement("find-staff")
