import { layer } from "@effect/vitest"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import * as EventStoreMemory from "../src/EventStoreMemory.ts"

layer(EventStoreMemory.layer, { excludeTestServices: true })("in memory", (it) => {
  for (const { title, check } of laws) it.effect(title, () => check)
})
