/** The stored form of the log's own events, to the letter: it is never changed. */
import { assert, describe, it } from "vitest"
import * as LogEvents from "../src/LogEvents.ts"

const stored = [
  {
    type: "AdoptionProposed",
    data: '{"origin":"example.com/log","size":3,"root":"AAAA","proposalId":"pro_1","by":"stf_a","reason":"why","proposedAt":"2026-01-01T00:00:00.000Z","expiresAt":"2026-01-08T00:00:00.000Z"}',
  },
  {
    type: "CheckpointAdopted",
    data: '{"proposalId":"pro_1","digest":"d","by":"stf_b","reason":"so","approvedAt":"2026-01-01T00:00:01.000Z"}',
  },
  {
    type: "ForkProposed",
    data: '{"origin":"example.com/log-2","kept":2,"checkpoint":"example.com/log\\n3\\nAAAA\\n\\n— k s\\n","proposalId":"pro_2","by":"stf_a","reason":"why","proposedAt":"2026-01-01T00:00:00.000Z","expiresAt":"2026-01-08T00:00:00.000Z"}',
  },
  {
    type: "LogForked",
    data: '{"proposalId":"pro_2","digest":"d","by":"stf_b","reason":"so","approvedAt":"2026-01-01T00:00:01.000Z"}',
  },
]

describe("the log's own events", () => {
  for (const event of stored)
    it(`${event.type} is read as it was written, and written as it is read`, () => {
      assert.deepStrictEqual(LogEvents.encode(LogEvents.decode(event)), event)
    })

  it("what people approve is a text, a line for each fact", () => {
    const [adoption, , fork] = stored.map(LogEvents.decode)
    assert.ok(adoption?._tag === "AdoptionProposed" && fork?._tag === "ForkProposed")
    assert.strictEqual(
      LogEvents.textOf(adoption),
      `paylog-log-decision/1
proposal: pro_1
what: sign this log although its outside checkpoint is missing
origin: example.com/log
size: 3
root: AAAA
by: stf_a
reason: "why"
at: 2026-01-01T00:00:00.000Z
expires: 2026-01-08T00:00:00.000Z
`,
    )
    assert.include(LogEvents.textOf(fork), "kept: positions 1 to 2\nold checkpoint: example.com/log\n")
    assert.notStrictEqual(LogEvents.digestOf(adoption), LogEvents.digestOf({ ...adoption, size: 4 }))
  })
})
