/** A scenario: what a test of a merchant does at Wallet Pay's side, as a file in YAML or JSON. */
import { Result, Schema, SchemaIssue } from "effect"
import { Yaml } from "effect/encoding"
import * as Faults from "./Faults.ts"
import { lineOf } from "./lineOf.ts"
import { defaults, patched } from "./Settings.ts"

const Text = Schema.NonEmptyString
const text = Schema.optionalKey(Text)
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
const HttpCode = Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))
const Money = Schema.Struct({ currencyCode: Text, amount: Text })

/** Settings in part, refused with the setting's own reason. */
const Settings = Schema.Json.check(
  Schema.makeFilter((patch: Schema.Json) =>
    Result.match(patched(defaults, patch), { onSuccess: () => true, onFailure: (why) => why }),
  ),
)

/** An order by id, externalId or number, or by the name that a step gave it. */
const order = Text
const Order = Schema.Struct({ order })

/** What each step does, by its verb. */
const steps = {
  /** Creates an order past the merchant API. Every field has a default. */
  create: Schema.Struct({
    as: text,
    store: text,
    externalId: text,
    amount: Schema.optionalKey(Money),
    description: text,
    timeoutSeconds: Schema.optionalKey(Schema.Int),
    customerTelegramUserId: Schema.optionalKey(Schema.Int),
    autoConversionCurrency: text,
    returnUrl: text,
    failReturnUrl: text,
    customData: text,
  }),
  /** Calls the merchant API as a merchant would, faults and all; `expect.cut` is a call without an answer. */
  call: Schema.Struct({
    operation: Faults.Operation,
    /** For `create`: the body. */
    body: Schema.optionalKey(Schema.Json),
    /** For `preview`: the order. */
    order: Schema.optionalKey(order),
    /** For `list`. */
    offset: Schema.optionalKey(Count),
    count: Schema.optionalKey(Count),
    apiKey: text,
    expect: Schema.optionalKey(
      Schema.Struct({
        code: Schema.optionalKey(HttpCode),
        status: text,
        cut: Schema.optionalKey(Schema.Boolean),
      }),
    ),
  }),
  /** Waits for an order of the merchant's: this one, or one that no step has seen; then, if so said, for its status. */
  wait: Schema.Struct({
    order: Schema.optionalKey(order),
    as: text,
    status: text,
    within: Schema.optionalKey(Schema.DurationFromString),
  }),
  pay: Schema.Struct({
    order,
    currency: text,
    amount: text,
    fee: text,
    net: text,
    statedCurrency: text,
    orderAmount: Schema.optionalKey(Money),
    late: Schema.optionalKey(Schema.Boolean),
  }),
  decline: Order,
  cancel: Order,
  expire: Order,
  advance: Schema.DurationFromString,
  /** A fault, or several, of the merchant API. */
  fault: Schema.Array(Faults.Fault),
  settings: Settings,
  store: Schema.Struct({
    name: text,
    apiKeys: Schema.optionalKey(Schema.NonEmptyArray(Text)),
    webhookUrl: Schema.optionalKey(Schema.NullOr(Text)),
    mayCreateOrders: Schema.optionalKey(Schema.Boolean),
  }),
  /** Webhooks wait for `deliver`. */
  hold: Schema.Struct({}),
  /** Webhooks that arise are lost. */
  drop: Schema.Struct({}),
  /** Sends what waits and is due, and waits for the answers. */
  deliver: Schema.Struct({}),
  redeliver: Schema.Struct({
    order,
    times: Schema.optionalKey(Count),
    timestamp: Schema.optionalKey(Schema.Literals(["new", "same"])),
    tamper: Schema.optionalKey(Schema.Literals(["body", "timestamp", "signature", "path"])),
  }),
  /** Fails the scenario unless all of it holds. Without `order`, deliveries of all orders count. */
  expect: Schema.Struct({
    order: Schema.optionalKey(order),
    status: text,
    /** POSTs so far. */
    deliveries: Schema.optionalKey(Count),
    /** Their answers, in order; 0 where none came. */
    answered: Schema.optionalKey(Schema.Array(Schema.Int)),
    /** Whether each verifies under a key of the store. */
    verified: Schema.optionalKey(Schema.Array(Schema.Boolean)),
  }),
} as const

export type Verb = keyof typeof steps
export const verbs: ReadonlyArray<string> = Object.keys(steps)

/** One step: `with` is what its verb takes. */
export type Step = {
  readonly [V in Verb]: {
    readonly verb: V
    readonly with: (typeof steps)[V]["Type"]
    readonly line: number | undefined
  }
}[Verb]

const Head = Schema.Struct({
  name: text,
  /** Decides all chance of a simulator that is started for it. */
  seed: text,
  /** Of a simulator that is started for it. Default: virtual. */
  clock: Schema.optionalKey(Schema.Literals(["real", "virtual"])),
  settings: Schema.optionalKey(Settings),
  /** Where webhooks go. */
  webhookUrl: text,
  /** A merchant's webhook of the scenario's own: it answers what verifies with these codes in turn, then with the last; all else with 401. */
  receiver: Schema.optionalKey(Schema.NonEmptyArray(HttpCode)),
  steps: Schema.NonEmptyArray(Schema.Unknown),
})

export interface Scenario extends Omit<typeof Head.Type, "steps"> {
  readonly steps: ReadonlyArray<Step>
}

/** Reads a file, or lists all that is wrong with it, each with its line and field. */
export const parse = (source: string): Result.Result<Scenario, ReadonlyArray<string>> => {
  let file: unknown
  try {
    file = Yaml.parse(source)
  } catch (error) {
    return Result.fail([syntaxProblem(source, error)])
  }
  const problemsAt = (path: ReadonlyArray<PropertyKey>, error: Schema.SchemaError) =>
    problems(error).map(({ message, path: below }) => problem(source, [...path, ...below], message))
  const head = Schema.decodeUnknownResult(Head, strict)(file)
  if (Result.isFailure(head)) return Result.fail(problemsAt([], head.failure))

  const read = head.success.steps.map((step, index): Result.Result<Step, ReadonlyArray<string>> => {
    const path = ["steps", index]
    const keys = typeof step === "object" && step !== null ? Object.keys(step) : []
    const verb = keys[0]
    if (keys.length !== 1 || verb === undefined || !isVerb(verb))
      return Result.fail([problem(source, path, `a step has one verb: ${verbs.join(", ")}`)])
    const given: unknown = Object.values(step ?? {})[0]
    // `deliver:` with nothing after it is null in YAML.
    return Result.mapBoth(decoders[verb](given ?? {}, lineOf(source, [...path, verb])), {
      onSuccess: (step) => step,
      onFailure: (error) => problemsAt([...path, verb], error),
    })
  })
  const wrong = read.flatMap((step) => (Result.isFailure(step) ? step.failure : []))
  return wrong.length > 0
    ? Result.fail(wrong)
    : Result.succeed({ ...head.success, steps: read.flatMap((step) => (Result.isSuccess(step) ? [step.success] : [])) })
}

const strict = { onExcessProperty: "error", errors: "all" } as const

const isVerb = (key: string): key is Verb => Object.hasOwn(steps, key)

type Decoder = (given: unknown, line: number | undefined) => Result.Result<Step, Schema.SchemaError>
const decoder =
  <A>(schema: Schema.Codec<A, unknown>, step: (input: A, line: number | undefined) => Step): Decoder =>
  (given, line) =>
    Result.map(Schema.decodeUnknownResult(schema, strict)(given), (input) => step(input, line))

const decoders: Readonly<Record<Verb, Decoder>> = {
  create: decoder(steps.create, (input, line) => ({ verb: "create", with: input, line })),
  call: decoder(steps.call, (input, line) => ({ verb: "call", with: input, line })),
  wait: decoder(steps.wait, (input, line) => ({ verb: "wait", with: input, line })),
  pay: decoder(steps.pay, (input, line) => ({ verb: "pay", with: input, line })),
  decline: decoder(steps.decline, (input, line) => ({ verb: "decline", with: input, line })),
  cancel: decoder(steps.cancel, (input, line) => ({ verb: "cancel", with: input, line })),
  expire: decoder(steps.expire, (input, line) => ({ verb: "expire", with: input, line })),
  advance: decoder(steps.advance, (input, line) => ({ verb: "advance", with: input, line })),
  fault: (given, line) =>
    decoder(steps.fault, (input) => ({ verb: "fault", with: input, line }))(
      Array.isArray(given) ? given : [given],
      line,
    ),
  settings: decoder(steps.settings, (input, line) => ({ verb: "settings", with: input, line })),
  store: decoder(steps.store, (input, line) => ({ verb: "store", with: input, line })),
  hold: decoder(steps.hold, (input, line) => ({ verb: "hold", with: input, line })),
  drop: decoder(steps.drop, (input, line) => ({ verb: "drop", with: input, line })),
  deliver: decoder(steps.deliver, (input, line) => ({ verb: "deliver", with: input, line })),
  redeliver: decoder(steps.redeliver, (input, line) => ({ verb: "redeliver", with: input, line })),
  expect: decoder(steps.expect, (input, line) => ({ verb: "expect", with: input, line })),
}

/** Parts in `{…}` and `[…]` have no line of their own in the parser's words: it is the first up to which the file fails alike. */
const syntaxProblem = (source: string, error: unknown): string => {
  const said = messageOf(error)
  if (/\bline\b/.test(said)) return said
  const lines = source.split("\n")
  const line = lines.findIndex((_, index) => {
    try {
      Yaml.parse(lines.slice(0, index + 1).join("\n"))
      return false
    } catch (other) {
      return messageOf(other) === said
    }
  })
  return line === -1 ? said : `line ${line + 1}: ${said.replace(/ at flow offset \d+$/, "")}`
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

const problems = ({ issue }: Schema.SchemaError) =>
  formatter(issue).issues.map(({ message, path = [] }) => ({
    message: readable(message.replaceAll(/\s+/g, " ")),
    path: path.map((part) => (typeof part === "object" ? part.key : part)),
  }))

/** Of a union, which its own message would spell out whole, the names by which its members differ. */
const readable = (message: string): string => {
  const kinds = message.match(/(?<="kind": )"\w+"/g)
  return kinds === null ? message : `Expected a kind: ${kinds.join(", ")}`
}

const problem = (source: string, path: ReadonlyArray<PropertyKey>, message: string): string => {
  const line = lineOf(source, path)
  const where = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("")
  return `${line === undefined ? "" : `line ${line}, `}${where.replace(/^\./, "") || "the file"}: ${message}`
}
