/**
 * Who a staff member is: a random id for the log, and beside it what identifies a person and can be erased: a name, a database
 * login, a Telegram user.
 */
import { CustomerId } from "@paylog/domain/Invoice"
import { StaffId } from "@paylog/domain/Manual"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Duration, Effect, Option, Schema } from "effect"
import * as Ids from "./Ids.ts"
import { sha256 } from "./sha256.ts"

/** An owner may do everything, support may look. */
export const Role = Schema.Literals(["owner", "support"])
export type Role = typeof Role.Type

export const Member = Schema.Struct({
  staffId: StaffId,
  name: Schema.String,
  /** The database login that this person works with, and nobody else. `null`: any login that is nobody's may act as them. */
  login: Schema.NullOr(Schema.String),
  role: Role,
  /** Since when a Telegram user works with the bot as this person. */
  linkedAt: Schema.NullOr(Schema.DateTimeUtcFromDate),
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

/** The person's role is to look, not to decide. */
export class MayOnlyLook extends Schema.TaggedError<MayOnlyLook>()("MayOnlyLook", { staffId: StaffId }) {
  override readonly message = `${this.staffId} may look, and decide nothing: that takes an owner`
}

/** The person works with the bot already, under some Telegram user. */
export class LinkedAlready extends Schema.TaggedError<LinkedAlready>()("LinkedAlready", { staffId: StaffId }) {
  override readonly message = `${this.staffId} works with the bot already: "paylog staff unlink ${this.staffId}" ends that`
}

/** One login is one person: else one person could be two. */
export class LoginTaken extends Schema.TaggedError<LoginTaken>()("LoginTaken", { login: Schema.String }) {
  override readonly message = `The login ${this.login} is another person's already`
}

/** A new person, under a new id. */
export const add = Effect.fn("Staff.add")(function* (person: {
  readonly name: string
  readonly login: string | undefined
  /** Default: owner. */
  readonly role?: Role
}) {
  const { query } = yield* Database
  const login = person.login ?? null
  const rows = yield* query(addStatement, [yield* Ids.staffId, person.name, login, person.role ?? "owner"])
  return rows.length === 0 ? yield* new LoginTaken({ login: login ?? "" }) : decode(rows[0])
})

/** From now on the person may do nothing more, and is linked to no Telegram user; what they did keeps its id. */
export const leave = Effect.fn("Staff.leave")(function* (staffId: StaffId) {
  const rows = yield* (yield* Database).query(leaveStatement, [staffId])
  return rows.length === 0 ? yield* new NotStaff({ staffId }) : decode(rows[0])
})

/** Everybody, those who left too, in the order in which they came. */
export const list = Effect.gen(function* () {
  const rows = yield* (yield* Database).query(listStatement)
  return rows.map((row) => decode(row))
}).pipe(Effect.withSpan("Staff.list"))

/**
 * Fails unless the person may decide, and is who acts: this session's login is theirs, or, in the bot, the Telegram user is. One
 * look-up.
 */
export const require = Effect.fn("Staff.require")(function* (staffId: StaffId, telegramUserId?: string) {
  const [found] = yield* (yield* Database).query<{
    readonly session: string
    readonly role: Role
    readonly allowed: boolean
  }>(findStatement, [staffId, telegramUserId ?? null])
  if (found === undefined) return yield* new NotStaff({ staffId })
  if (!found.allowed && telegramUserId !== undefined) return yield* new NotStaff({ staffId })
  if (!found.allowed) return yield* new OtherLogin({ staffId, session: found.session })
  if (found.role !== "owner") return yield* new MayOnlyLook({ staffId })
})

// -- In the bot.

/** How long an invitation can be accepted. */
export const invitationLasts = Duration.hours(1)

/** Somebody of the staff, as the bot knows them. */
export const Linked = Schema.Struct({ staffId: StaffId, name: Schema.String, role: Role })
export type Linked = typeof Linked.Type

/**
 * A code that links the Telegram user who shows it to the bot to this person, once, within the hour. Nobody can read it later: its
 * SHA-256 is kept. An older invitation of the person ends. Takes the owner's rights.
 */
export const invite = Effect.fn("Staff.invite")(function* (staffId: StaffId) {
  const code = yield* Ids.invitationCode
  const [found] = yield* (yield* Database).query<{ readonly linked: boolean }>(inviteStatement, [
    staffId,
    sha256(code),
    Duration.toMillis(invitationLasts),
  ])
  if (found === undefined) return yield* new NotStaff({ staffId })
  return found.linked ? yield* new LinkedAlready({ staffId }) : code
})

/** Links the Telegram user by the code. `false`: it is no code that holds, or one of the two is linked already. */
export const acceptInvitation = Effect.fn("Staff.acceptInvitation")(function* (code: string, telegramUserId: string) {
  const [found] = yield* (yield* Database).query<{ readonly linked: boolean }>(acceptStatement, [
    sha256(code),
    telegramUserId,
  ])
  return found?.linked === true
})

/** Ends the link and any invitation; the person stays of the staff. `false`: there was no link. Takes the owner's rights. */
export const unlink = Effect.fn("Staff.unlink")(function* (staffId: StaffId) {
  const rows = yield* (yield* Database).query(unlinkStatement, [staffId])
  if (rows.length > 0) return true
  if (!(yield* list).some((member) => member.staffId === staffId)) return yield* new NotStaff({ staffId })
  return false
})

/** Who of the staff this Telegram user is; none for anybody else, and for somebody who left. */
export const linkedTo = Effect.fn("Staff.linkedTo")(function* (telegramUserId: string) {
  const rows = yield* (yield* Database).query(findLinkedStatement, [telegramUserId])
  return rows.length === 0 ? Option.none<Linked>() : Option.some(decodeLinked(rows[0]))
})

/** Everybody of the staff whom the bot can write to. */
export const reachable = Effect.gen(function* () {
  const rows = yield* (yield* Database).query(listLinkedStatement)
  return rows.map((row) => decodeReachable(row))
}).pipe(Effect.withSpan("Staff.reachable"))

export const Reachable = Schema.Struct({ ...Linked.fields, customerId: CustomerId })
export type Reachable = typeof Reachable.Type

const decodeLinked = Schema.decodeUnknownSync(Linked)
const decodeReachable = Schema.decodeUnknownSync(Reachable)

const decode = Schema.decodeUnknownSync(Member)

const statement = (name: string) => Statement.fromFile(new URL(`../sql/${name}.sql`, import.meta.url))
const addStatement = statement("add-staff")
const leaveStatement = statement("leave-staff")
const listStatement = statement("list-staff")
const findStatement = statement("find-staff")
const inviteStatement = statement("staff/invite")
const acceptStatement = statement("staff/accept-invitation")
const unlinkStatement = statement("staff/unlink")
const findLinkedStatement = statement("staff/find-linked")
const listLinkedStatement = statement("staff/list-linked")
