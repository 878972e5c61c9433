import type { Message } from "@paylog/telegram-emulator/BotApi"
import { UpdateQueue } from "@paylog/telegram-emulator/UpdateQueue"
import { assert, describe, it } from "@effect/vitest"

const user = { id: 1, is_bot: false, first_name: "Ann" }
const message: Message = {
  message_id: 1,
  from: user,
  chat: { id: 1, type: "private", first_name: "Ann" },
  date: 0,
  text: "",
}
const query = { id: "1", from: user, message, chat_instance: "1", data: "" }

/** Five messages with the ids 10 to 14, at time 0. */
const five = () => {
  const queue = new UpdateQueue(10)
  for (let n = 0; n < 5; n++) queue.push("message", message, "lane", 0)
  return queue
}

const ids = (queue: UpdateQueue, nowMs = 0) => queue.read(100, nowMs).map(({ update_id }) => update_id)

describe("the queue of updates", () => {
  it("forgets by offset only: reading changes nothing", () => {
    const queue = five()
    assert.deepStrictEqual(ids(queue), [10, 11, 12, 13, 14])
    assert.deepStrictEqual(ids(queue), [10, 11, 12, 13, 14])
    queue.confirm(0)
    queue.confirm(10)
    assert.deepStrictEqual(ids(queue), [10, 11, 12, 13, 14])
    queue.confirm(12)
    assert.deepStrictEqual(ids(queue), [12, 13, 14])
    queue.confirm(1000)
    assert.deepStrictEqual(ids(queue), [])
  })

  it("keeps the last so many for a negative offset", () => {
    const queue = five()
    queue.confirm(-9)
    assert.deepStrictEqual(ids(queue), [10, 11, 12, 13, 14])
    queue.confirm(-2)
    assert.deepStrictEqual(ids(queue), [13, 14])
  })

  it("gives the oldest first, at most as many as asked for", () => {
    assert.deepStrictEqual(
      five()
        .read(2, 0)
        .map(({ update_id }) => update_id),
      [10, 11],
    )
  })

  it("lets a button press expire after 150 seconds and a message after a day", () => {
    const queue = five()
    queue.push("callback_query", query, "lane", 0)
    assert.deepStrictEqual(ids(queue, 149_999), [10, 11, 12, 13, 14, 15])
    assert.deepStrictEqual(ids(queue, 150_000), [10, 11, 12, 13, 14])
    assert.deepStrictEqual(ids(queue, 86_400_000), [])
  })

  it("goes on counting after it was cleared", () => {
    const queue = five()
    queue.clear()
    queue.push("message", message, "lane", 0)
    assert.deepStrictEqual(ids(queue), [15])
  })

  it("gives those after an id, whatever was removed in between", () => {
    const queue = five()
    queue.remove(12)
    queue.confirm(11)
    assert.deepStrictEqual(
      queue.after(11).map(({ update }) => update.update_id),
      [13, 14],
    )
    assert.lengthOf(queue.after(0), 3)
    assert.lengthOf(queue.after(14), 0)
  })
})
