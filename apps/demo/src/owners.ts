/** The demo's owners: two, since money goes back by two people. They are linked as owners are, by an invitation that each opens. */
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import * as Staff from "@paylog/payments/Staff"
import * as ControlApi from "@paylog/telegram-emulator/ControlApi"
import { Effect, type Redacted, Schedule } from "effect"
import { NothingHappened } from "./Customer.ts"

/** As the chat's list of people shows them. */
const owners = ["Olga, an owner", "Oleg, another owner"] as const

/** Adds them to the emulated Telegram and to the staff. What they are to decide comes to their own chats with the bot. */
export const addOwners = Effect.fnUntraced(function* (url: Redacted.Redacted, emulator: string) {
  const telegram = yield* ControlApi.client(emulator)
  yield* Effect.forEach(owners, (name) =>
    Effect.gen(function* () {
      const { id: user } = yield* telegram.addUser({ payload: { firstName: name, languageCode: "en" } })
      const { staffId } = yield* Staff.add({ name: name.split(",")[0] ?? name, login: undefined })
      const code = yield* Staff.invite(staffId)
      const params = { user }
      yield* telegram.send({ params, payload: { text: `/start ${code}` } })
      const isAnswered = Effect.map(telegram.chat({ params, query: {} }), ({ messages }) =>
        messages.some(({ from }) => from.id !== user),
      )
      yield* isAnswered.pipe(
        Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("50 millis") }),
        Effect.timeoutOrElse({
          duration: "1 minute",
          orElse: () => new NothingHappened({ waitedFor: "answer to an owner" }),
        }),
      )
    }),
  ).pipe(Effect.provide(layerPostgres({ url, ownerUrl: undefined, directUrl: url })))
})
