/** `paylog staff`: the people who may decide about money. The log has their ids, this table who they are. */
import { StaffId } from "@paylog/domain/Manual"
import * as Staff from "@paylog/payments/Staff"
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { acting, actingAsOwner, json } from "../acting.ts"
import * as print from "../print.ts"

const Name = Schema.String.check(
  Schema.isPattern(/^[^\p{Cc}\p{Cs}]{1,100}$/u, { expected: "a name of 1 to 100 characters" }),
)

const add = Command.make(
  "add",
  {
    name: Argument.String("name").pipe(
      Argument.withSchema(Name),
      Argument.withDescription("Who it is, for colleagues; it never gets into the log"),
    ),
    login: Flag.String("login").pipe(
      Flag.withDescription(
        "The database login that is this person's alone. Without it, any login that is nobody's may act as them",
      ),
      Flag.optional,
    ),
    role: Flag.Literals("role", Staff.Role.literals).pipe(
      Flag.withDescription("owner: may do everything. support: may look. Default: owner"),
      Flag.withDefault("owner"),
    ),
    json,
  },
  ({ name, login, role, json }) =>
    Effect.gen(function* () {
      const member = yield* actingAsOwner(Staff.add({ name, login: Option.getOrUndefined(login), role }))
      if (json) return yield* print.json(member)
      yield* Console.log(member.staffId)
      if (member.login === null)
        yield* Console.error(
          "No login is bound to this id: whoever runs paylog with a login that is nobody's can act as this person",
        )
    }),
).pipe(
  Command.withDescription(
    "Add a person, and print the id that is theirs from now on. Takes the owner's database login",
  ),
)

const staff_ = Argument.String("staff").pipe(Argument.withSchema(StaffId), Argument.withDescription("stf_…"))

const BotName = Schema.String.check(
  Schema.isPattern(/^@?[A-Za-z0-9_]{5,32}$/, { expected: "a bot's name, as @ExampleShopBot" }),
)

const invite = Command.make(
  "invite",
  {
    staff: staff_,
    bot: Flag.String("bot").pipe(
      Flag.withSchema(BotName),
      Flag.withDescription("The bot's name, so that the whole link is printed"),
      Flag.optional,
    ),
    json,
  },
  ({ staff, bot, json }) =>
    Effect.gen(function* () {
      const code = yield* actingAsOwner(Staff.invite(staff))
      const name = Option.map(bot, (bot) => bot.replace("@", ""))
      const link = `https://t.me/${Option.getOrElse(name, () => "YOUR_BOT")}?start=${code}`
      if (json) return yield* print.json({ staffId: staff, code, link })
      yield* Console.log(link)
      yield* Console.error(
        "Whoever opens this first, within the hour, works with the bot as this person: give it to them, and to nobody else",
      )
    }),
).pipe(
  Command.withDescription(
    "Print a link by which the person works with the bot: for one Telegram user, once, within the hour. Takes the owner's database login",
  ),
)

const unlink = Command.make("unlink", { staff: staff_, json }, ({ staff, json }) =>
  Effect.gen(function* () {
    const isNew = yield* actingAsOwner(Staff.unlink(staff))
    if (json) return yield* print.json({ staffId: staff, isNew })
    yield* Console.log(`${staff} works with the bot no more${isNew ? "" : ", as before"}; they stay of the staff`)
  }),
).pipe(
  Command.withDescription(
    "End a person's work with the bot, say for a new telephone. Takes the owner's database login",
  ),
)

const leave = Command.make("leave", { staff: staff_, json }, ({ staff, json }) =>
  Effect.gen(function* () {
    const member = yield* actingAsOwner(Staff.leave(staff))
    if (json) return yield* print.json(member)
    yield* Console.log(`${staff} may do nothing more; what they did stays theirs`)
  }),
).pipe(Command.withDescription("Let a person do nothing more. Takes the owner's database login"))

const list = Command.make("list", { json }, ({ json }) =>
  Effect.gen(function* () {
    const members = yield* acting(Staff.list)
    if (json) return yield* print.json(members)
    yield* print.table(
      ["STAFF", "NAME", "LOGIN", "ROLE", "BOT", "SINCE", "LEFT"],
      members.map(({ staffId, name, login, role, linkedAt, addedAt, leftAt }) => [
        staffId,
        print.plain(name),
        print.plain(login ?? "any"),
        role,
        linkedAt === null ? "" : DateTime.formatIsoDateUtc(linkedAt),
        DateTime.formatIsoDateUtc(addedAt),
        leftAt === null ? "" : DateTime.formatIsoDateUtc(leftAt),
      ]),
    )
  }),
).pipe(Command.withDescription("List the people and their ids"))

export const staff = Command.make("staff").pipe(
  Command.withDescription("The people who may decide about money"),
  Command.withSubcommands([list, add, invite, unlink, leave]),
)
