/** The emulated Telegram without its HTTP side: the bots' calls come in here, and the people act here. */
import { Context, Duration, Effect, Layer, PubSub, Random, type Scope, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import type { MemberStatus, Message, User } from "./BotApi.ts"
import * as BotSide from "./BotSide.ts"
import type { Change } from "./Change.ts"
import { type Fault, Faults } from "./Faults.ts"
import { FloodControl, type Limits } from "./FloodControl.ts"
import { findFile } from "./Media.ts"
import * as ShiftedClock from "./ShiftedClock.ts"
import { type Counts, Transcript, type TranscriptEntry } from "./Transcript.ts"
import * as UserActs from "./UserActs.ts"
import {
  addBot,
  addRoom,
  addUser,
  type Bot,
  botId,
  type NewBot,
  type NewRoom,
  type NewUser,
  reset,
  type Room,
  type StoredFile,
  type World,
} from "./World.ts"

export interface Settings {
  /** The first bot: the one that is meant wherever no bot is named. */
  readonly bot: NewBot
  /** Ids and probabilities come from it: the same seed and the same calls give the same ids. */
  readonly seed: string
  /** Off by default: nothing is refused for coming too fast, other than by a fault. */
  readonly limits?: Limits
  /** How many calls the transcript keeps; 100 000 by default. */
  readonly transcriptLimit?: number
}

/** Names a bot other than the first, by its id. */
export interface Which {
  readonly bot?: number
}

/** What a waiting look found; undefined and false mean: not yet. */
export type Look<From, A> = (from: From) => A | undefined | false

/** All that people and tests can do; the bots' own way in is HTTP. */
export interface Control {
  readonly bots: Effect.Effect<ReadonlyArray<User>>
  readonly addBot: (bot: NewBot) => Effect.Effect<User, UserActs.NotPossible>
  readonly users: Effect.Effect<ReadonlyArray<User>>
  readonly addUser: (user: NewUser) => Effect.Effect<User, UserActs.NotPossible>

  /** The user writes to the bot. `/commands` in the text become entities, as in Telegram's own clients. */
  readonly send: (
    user: number,
    text: string,
    which?: Which,
  ) => Effect.Effect<Message, UserActs.NotFound | UserActs.NotPossible>
  /** The user presses an inline button that they see (or, forged, one that they do not). */
  readonly press: (
    user: number,
    choice: UserActs.ButtonChoice,
    which?: Which,
  ) => Effect.Effect<UserActs.Pressed, UserActs.NotFound>
  readonly setBlocked: (user: number, blocked: boolean, which?: Which) => Effect.Effect<void, UserActs.NotFound>
  readonly chat: (user: number, which?: Which) => Effect.Effect<UserActs.ChatView, UserActs.NotFound>
  /** The user corrects a message of their own. */
  readonly edit: (
    user: number,
    messageId: number,
    text: string,
    which?: Which,
  ) => Effect.Effect<Message, UserActs.NotFound | UserActs.NotPossible>

  /** Groups and channels. Nobody is in a new one but its creator, its `members`, and the first bot as `botIs` says. */
  readonly rooms: Effect.Effect<ReadonlyArray<UserActs.RoomView>>
  readonly addRoom: (
    room: NewRoom & { readonly botIs?: MemberStatus },
  ) => Effect.Effect<UserActs.RoomView, UserActs.NotFound | UserActs.NotPossible>
  readonly room: (room: number) => Effect.Effect<UserActs.RoomView, UserActs.NotFound>
  readonly sendToRoom: (
    room: number,
    user: number,
    text: string,
  ) => Effect.Effect<Message, UserActs.NotFound | UserActs.NotPossible>
  readonly pressInRoom: (
    room: number,
    user: number,
    choice: UserActs.ButtonChoice,
  ) => Effect.Effect<UserActs.Pressed, UserActs.NotFound>
  /** `by` is the user who does it; `id` a user or a bot. */
  readonly setMember: (
    room: number,
    by: number,
    id: number,
    status: MemberStatus,
  ) => Effect.Effect<void, UserActs.NotFound>
  readonly waitForRoom: <A>(room: number, look: Look<UserActs.RoomView, A>) => Effect.Effect<A, UserActs.NotFound>

  /** Looks into the chat again after every change until it finds something, and returns that. Give it a time-out. */
  readonly waitForChat: <A>(
    user: number,
    look: Look<UserActs.ChatView, A>,
    which?: Which,
  ) => Effect.Effect<A, UserActs.NotFound>
  /** The same over the transcript of all calls. */
  readonly waitForCalls: <A>(look: Look<ReadonlyArray<TranscriptEntry>, A>) => Effect.Effect<A>

  /** Whatever happens in any chat from now on, also before the stream is run. Forgotten when the scope closes. */
  readonly subscribe: Effect.Effect<Stream.Stream<Change>, never, Scope.Scope>
  /** The calls with a number above `after` (by default all that are kept), oldest first. */
  readonly transcript: (after?: number) => Effect.Effect<ReadonlyArray<TranscriptEntry>>

  /** Counters that no limit cuts. */
  readonly counts: Effect.Effect<Counts>
  /** What was uploaded, by its file id. */
  readonly file: (fileId: string) => Effect.Effect<Uint8Array, UserActs.NotFound>
  /** In force from the next call on; `undefined` for none. */
  readonly setLimits: (limits: Limits | undefined) => Effect.Effect<void>

  readonly armFault: (fault: Fault) => Effect.Effect<void>
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  readonly clearFaults: Effect.Effect<void>

  /** Unix milliseconds by the emulator's clock. */
  readonly now: Effect.Effect<number>
  /** Puts the emulator's clock forward: expiries, back-offs, waits and limits follow. */
  readonly advance: (by: Duration.Input) => Effect.Effect<void>
  /** Forgets users, chats, webhooks, faults and the transcript; bots stay, and their update ids go on. */
  readonly reset: Effect.Effect<void>
}

export class Telegram extends Context.Service<
  Telegram,
  Control &
    Pick<BotSide.BotSide, "call"> & {
      readonly download: (path: string) => Effect.Effect<StoredFile | undefined>
    }
>()("telegram-emulator/Telegram") {
  /** Deliveries to webhooks run in the layer's scope. */
  static readonly layer = (settings: Settings): Layer.Layer<Telegram> =>
    Layer.effect(Telegram, make(settings)).pipe(Layer.provide(FetchHttpClient.layer))
}

const make = Effect.fnUntraced(function* (settings: Settings) {
  const { advance, clock } = yield* ShiftedClock.make
  const changes = yield* PubSub.unbounded<Change>()
  /** Something that a waiting look may want to see. */
  const news = yield* PubSub.sliding<void>(1)
  const onNews = () => void PubSub.publishUnsafe(news, undefined)
  const world: World = {
    bots: new Map(),
    users: new Map(),
    rooms: new Map(),
    files: new Map(),
    random: yield* seeded(settings.seed),
    emit: (change) => {
      PubSub.publishUnsafe(changes, change)
      onNews()
    },
  }
  // Their own random numbers: how often a fault is drawn for must not change anybody's ids.
  const faults = new Faults(yield* seeded(`${settings.seed} faults`))
  const flood = new FloodControl(settings.limits)
  const transcript = new Transcript(settings.transcriptLimit ?? 100_000, onNews)
  const { call, serveWebhook } = yield* BotSide.make({ world, clock, faults, flood, transcript })
  const first = addBot(world, settings.bot)

  const botOf = ({ bot: id }: Which = {}): Effect.Effect<Bot, UserActs.NotFound> => {
    const bot = id === undefined ? first : [...world.bots.values()].find(({ me }) => me.id === id)
    return bot === undefined ? Effect.fail(new UserActs.NotFound({ what: `bot ${id}` })) : Effect.succeed(bot)
  }

  /** Who does something, to which bot, and when. */
  const actOf = Effect.fnUntraced(function* (id: number, which: Which | undefined) {
    const bot = yield* botOf(which)
    const user = world.users.get(id)
    if (user === undefined) return yield* new UserActs.NotFound({ what: `user ${id}` })
    return { world, bot, user, nowMs: clock.currentTimeMillisUnsafe() }
  })

  const roomOf = (id: number): Effect.Effect<Room, UserActs.NotFound> => {
    const room = world.rooms.get(id)
    return room === undefined ? Effect.fail(new UserActs.NotFound({ what: `room ${id}` })) : Effect.succeed(room)
  }

  /** Somebody does something in a room. */
  const inRoom = Effect.fnUntraced(function* (id: number, user: number) {
    const room = yield* roomOf(id)
    return { act: yield* actOf(user, undefined), room }
  })

  const room = (id: number) => Effect.map(roomOf(id), UserActs.viewRoom)

  const lookUntil = <A, E>(look: Effect.Effect<A | undefined | false, E>): Effect.Effect<A, E> =>
    Effect.scoped(
      Effect.gen(function* () {
        const subscription = yield* PubSub.subscribe(news)
        while (true) {
          const found = yield* look
          if (found !== undefined && found !== false) return found
          yield* PubSub.take(subscription)
          // Whoever brought the news goes first, so that a look never falls into the middle of a call.
          yield* Effect.yieldNow
        }
      }),
    )

  const chat = (user: number, which?: Which) =>
    Effect.map(actOf(user, which), ({ bot, user }) => UserActs.viewChat(bot, user))

  return Telegram.of({
    call,
    bots: Effect.sync(() => [...world.bots.values()].map(({ me }) => me)),
    addBot: (bot) =>
      Effect.suspend(() =>
        [...world.bots.values()].some(({ me }) => me.id === botId(bot))
          ? new UserActs.NotPossible({ reason: "There is a bot with this id" })
          : Effect.succeed(addBot(world, bot).me),
      ),
    users: Effect.sync(() => [...world.users.values()]),
    addUser: (user) =>
      Effect.suspend(() =>
        user.id !== undefined && world.users.has(user.id)
          ? new UserActs.NotPossible({ reason: `There is a user ${user.id}` })
          : Effect.succeed(addUser(world, user)),
      ),
    send: (user, text, which) =>
      Effect.flatMap(actOf(user, which), (act) => Effect.fromResult(UserActs.sendText(act, text))),
    press: (user, choice, which) =>
      Effect.flatMap(actOf(user, which), (act) => Effect.fromResult(UserActs.press(act, choice))),
    setBlocked: (user, blocked, which) => Effect.map(actOf(user, which), (act) => UserActs.setBlocked(act, blocked)),
    chat,
    edit: (user, messageId, text, which) =>
      Effect.flatMap(actOf(user, which), (act) => Effect.fromResult(UserActs.editText(act, messageId, text))),
    rooms: Effect.sync(() => [...world.rooms.values()].map(UserActs.viewRoom)),
    addRoom: Effect.fnUntraced(function* ({ botIs, ...about }) {
      if (about.id !== undefined && world.rooms.has(about.id)) {
        return yield* new UserActs.NotPossible({ reason: `There is a room ${about.id}` })
      }
      const act = yield* actOf(about.creator, undefined)
      const added = addRoom(world, about)
      if (botIs !== undefined) UserActs.setMember(act, added, first.me.id, botIs)
      return UserActs.viewRoom(added)
    }),
    room,
    sendToRoom: (id, user, text) =>
      Effect.flatMap(inRoom(id, user), ({ act, room }) => Effect.fromResult(UserActs.sendToRoom(act, room, text))),
    pressInRoom: (id, user, choice) =>
      Effect.flatMap(inRoom(id, user), ({ act, room }) => Effect.fromResult(UserActs.press(act, choice, room))),
    setMember: (id, by, member, status) =>
      Effect.map(inRoom(id, by), ({ act, room }) => UserActs.setMember(act, room, member, status)),
    waitForRoom: (id, look) => lookUntil(Effect.map(room(id), look)),
    counts: Effect.sync(() => transcript.counts),
    file: (id) =>
      Effect.suspend(() => {
        const file = world.files.get(id)
        return file === undefined
          ? Effect.fail(new UserActs.NotFound({ what: `file ${id}` }))
          : Effect.succeed(file.bytes)
      }),
    download: (path) => Effect.sync(() => findFile(world.files.values(), path)),
    setLimits: (limits) =>
      Effect.sync(() => {
        flood.limits = limits
      }),
    waitForChat: (user, look, which) => lookUntil(Effect.map(chat(user, which), look)),
    waitForCalls: (look) => lookUntil(Effect.sync(() => look(transcript.entries))),
    subscribe: Effect.map(PubSub.subscribe(changes), Stream.fromSubscription),
    transcript: (after = 0) => Effect.sync(() => transcript.read(after)),
    armFault: (fault) => Effect.sync(() => faults.arm(fault)),
    faults: Effect.sync(() => faults.armed),
    clearFaults: Effect.sync(() => faults.clear()),
    now: clock.currentTimeMillis,
    advance: (by) => advance(Duration.fromInputUnsafe(by)),
    reset: Effect.suspend(() => {
      reset(world, clock.currentTimeMillisUnsafe())
      faults.clear()
      flood.clear()
      transcript.clear()
      return Effect.forEach(world.bots.values(), serveWebhook, { discard: true })
    }),
  })
})

const seeded = (seed: string) => Random.withSeed(Random.Random, seed)
