/** Every scenario, in the order in which a run takes them. */
import type { Scenario } from "../Scenario.ts"
import { appends, hardships } from "./append.ts"
import { followerLatency } from "./followerLatency.ts"
import { load } from "./load.ts"
import { messages } from "./messages.ts"
import { checkOfProof } from "./proof.ts"
import { read } from "./read.ts"
import { replay } from "./replay.ts"
import { sealing } from "./sealing.ts"
import { storedEvents } from "./storedEvents.ts"
import { twoProcesses } from "./twoProcesses.ts"
import { verifications } from "./verify.ts"
import { webhookMemory } from "./webhookMemory.ts"
import { webhooks } from "./webhooks.ts"

export const scenarios: ReadonlyArray<Scenario> = [
  ...appends,
  ...hardships,
  twoProcesses,
  followerLatency,
  sealing,
  load,
  read,
  replay,
  ...verifications,
  checkOfProof,
  webhooks,
  webhookMemory,
  messages,
  storedEvents,
]
