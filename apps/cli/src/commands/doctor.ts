/** `paylog doctor`: whether what the processes need is as it must be, and how to mend what is not. */
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPolling } from "@paylog/event-store/Wakeups"
import * as environment from "@paylog/event-store/environment"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { json } from "../acting.ts"
import * as database from "../doctor/database.ts"
import type { Finding } from "../doctor/Finding.ts"
import * as provider from "../doctor/provider.ts"
import { secrets } from "../doctor/environmentSecrets.ts"
import { different } from "../Ended.ts"
import * as print from "../print.ts"
import type { Server } from "../services.ts"

export const doctor = Command.make("doctor", { json }, ({ json }) =>
  Effect.gen(function* () {
    const { url, pooler = false } = yield* environment.environment
    const at = { url, pooler }
    const findings: ReadonlyArray<Finding> = [
      ...(yield* database.check(at).pipe(Effect.provide(services(at)))),
      ...(yield* provider.check),
      ...(yield* secrets),
    ]
    yield* json ? print.json(findings) : show(findings)
    const wrong = findings.filter(({ is }) => is === "wrong").length
    if (wrong > 0)
      return yield* different(`${wrong} of the ${findings.length} findings ${wrong === 1 ? "is" : "are"} wrong`)
  }),
).pipe(
  Command.withDescription(
    "Look at the database's settings, schema, rights and clock, the followers, work, messages, sealing, the provider and the secrets; say what is wrong and how to mend it",
  ),
  Command.withExamples([
    { command: "paylog doctor", description: "With the ingester's environment: it sees what that is given" },
  ]),
)

/** The log's last hundred thousand events are looked at. In milliseconds. */
const timeouts = { statement: 30_000, answer: 35_000 }

const services = (at: Server) =>
  EventStorePostgres.layer({ ...at, timeouts }).pipe(
    Layer.provideMerge([DatabasePostgres.layer({ ...at, timeouts, connections: 1 }), layerPolling()]),
  )

const show = (findings: ReadonlyArray<Finding>) =>
  print.line(
    findings
      .map(
        ({ check, is, what, fix }) =>
          `${marks[is]} ${check.padEnd(16)}  ${print.plain(what)}${fix === "" ? "" : `\n${" ".repeat(26)}→ ${print.plain(fix)}`}`,
      )
      .concat(summary(findings))
      .join("\n"),
  )

/** What is wrong is summed up on stderr, with the exit code. */
const summary = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> => {
  const count = (wanted: Finding["is"]) => findings.filter(({ is }) => is === wanted).length
  if (count("wrong") > 0) return []
  const rest = [
    ...(count("warning") > 0 ? [print.count(count("warning"), "warning")] : []),
    ...(count("unseen") > 0 ? [`${count("unseen")} not looked at`] : []),
  ]
  return ["", `Nothing is wrong${rest.length === 0 ? "" : `: ${rest.join(", ")}`}.`]
}

const marks = { well: "ok     ", warning: "warning", wrong: "WRONG  ", unseen: "unseen " } satisfies Record<
  Finding["is"],
  string
>
