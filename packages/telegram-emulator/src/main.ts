#!/usr/bin/env node
/** The emulator on its own, until SIGINT or SIGTERM. Configured by HOST, PORT, TELEGRAM_BOT_TOKEN, BOT_NAME and SEED. */
import { port } from "@paylog/process/port"
import { runMain } from "@paylog/process/runMain"
import { Config, Console, Effect, Layer, Option, Redacted, Schema } from "effect"
import { defaultToken, Emulator } from "./Emulator.ts"
import { NewBot } from "./World.ts"

const config = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: port("PORT").pipe(Config.withDefault(8091)),
  token: Config.schema(Schema.RedactedFromValue(NewBot.fields.token), "TELEGRAM_BOT_TOKEN").pipe(Config.option),
  name: Config.NonEmptyString("BOT_NAME").pipe(Config.option),
  seed: Config.NonEmptyString("SEED").pipe(Config.withDefault("0")),
})

/** All that a developer needs to start. The default token is shown, since nobody could know it; a given one is not. */
const greet = Effect.gen(function* () {
  const { baseUrl, token } = yield* Emulator
  yield* Console.log(`Telegram emulator

  Chat page      ${baseUrl}/
  Bot API root   ${baseUrl}
  Bot token      ${token === defaultToken ? token : "from TELEGRAM_BOT_TOKEN"}
  Control        ${baseUrl}/emulator/openapi.json

Point a bot at it, then write to it on the chat page or with curl:

  curl ${baseUrl}/emulator/users -H 'Content-Type: application/json' -d '{"firstName":"Ann","id":7}'
  curl ${baseUrl}/emulator/users/7/messages -H 'Content-Type: application/json' -d '{"text":"/start"}'
  curl ${baseUrl}/emulator/users/7/chat
`)
})

Effect.gen(function* () {
  const { host, name, port, seed, token } = yield* config
  const bot = {
    token: Redacted.value(Option.getOrElse(token, () => Redacted.make(defaultToken))),
    ...Option.match(name, { onNone: () => ({}), onSome: (firstName) => ({ firstName }) }),
  }
  return yield* Layer.launch(Layer.provide(Layer.effectDiscard(greet), Emulator.layer({ bot, host, port, seed })))
}).pipe(runMain)
