import { FloodControl } from "@paylog/telegram-emulator/FloodControl"
import { assert, describe, it } from "@effect/vitest"

const inChat = (place: string, isMessage = true) => ({ bot: 1, place, isMessage })

describe("flood control", () => {
  it("refuses nothing unless limits are given", () => {
    const flood = new FloodControl(undefined)
    for (let n = 0; n < 1000; n++) assert.isUndefined(flood.check(inChat("a"), 0))
  })

  it("lets one message a second into a chat, and closes it for who comes sooner", () => {
    const flood = new FloodControl({ perChatPerSecond: 1, perBotPerSecond: 30 })
    assert.isUndefined(flood.check(inChat("a"), 0))
    assert.deepStrictEqual(flood.check(inChat("a"), 500), { retryAfter: 1, early: false })
    assert.deepStrictEqual(flood.check(inChat("a"), 1400), { retryAfter: 1, early: true })
    assert.isUndefined(flood.check(inChat("b"), 500), "another chat is not held up")
    assert.isUndefined(flood.check(inChat("a"), 1500))
  })

  it("lets thirty messages a second out of a bot, over all chats", () => {
    const flood = new FloodControl({ perChatPerSecond: 1, perBotPerSecond: 30 })
    const refused = Array.from({ length: 40 }, (_, chat) => flood.check(inChat(String(chat)), 0)).filter(
      (refusal) => refusal !== undefined,
    )
    assert.lengthOf(refused, 10)
    assert.isUndefined(flood.check(inChat("late"), 1000))
  })

  it("counts no calls that are not messages", () => {
    const flood = new FloodControl({ perChatPerSecond: 1, perBotPerSecond: 30 })
    for (let n = 0; n < 100; n++) assert.isUndefined(flood.check(inChat("a", false), 0))
  })

  it("keeps a chat closed for as long as a fault said, and no other", () => {
    const flood = new FloodControl(undefined)
    flood.close("a", 3, 0)
    assert.deepStrictEqual(flood.check(inChat("a", false), 100), { retryAfter: 3, early: true })
    assert.deepStrictEqual(flood.check(inChat("a"), 2100), { retryAfter: 1, early: true })
    assert.isUndefined(flood.check(inChat("b"), 100))
    assert.isUndefined(flood.check(inChat("a"), 3000))
  })
})
