/** Whether the secrets of the environment are there and hard to guess, and no two uses have one. None is ever shown. */
import * as print from "../print.ts"
import { type Finding, unseen, warning, well, wrong } from "./Finding.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** In production a database without a password is reached by a socket or a certificate: that is no secret to judge. */
const passwordOf = (url: string): ReadonlyArray<string> => {
  const password = URL.parse(url)?.password ?? ""
  return password === "" ? [] : [decodeURIComponent(password)]
}

/** Where secrets stand, and what each is for. Random ones are made by somebody else, and need only be whole. */
const places: ReadonlyArray<{
  readonly name: string
  readonly secretsOf: (value: string) => ReadonlyArray<string>
}> = [
  { name: "WALLETPAY_API_KEY", secretsOf: (value) => value.split(",").map((key) => key.trim()) },
  { name: "TELEGRAM_BOT_TOKEN", secretsOf: (value) => [value.slice(value.indexOf(":") + 1)] },
  { name: "TELEGRAM_WEBHOOK_SECRET", secretsOf: (value) => [value] },
  { name: "TELEGRAM_LINK_SECRET", secretsOf: (value) => [value] },
  { name: "DATABASE_URL", secretsOf: passwordOf },
  { name: "DATABASE_OWNER_URL", secretsOf: passwordOf },
  { name: "CHECKPOINT_STORE", secretsOf: passwordOf },
]

/** The variables that are looked at. */
export const names: ReadonlyArray<string> = [...places.map(({ name }) => name), "TELEGRAM_WEBHOOK_URL"]

const shortest = 16
const fewestCharacters = 8

/** What is in every list of passwords, in examples, and in this project's own documents and tests. */
const known =
  /^(password|passw0rd|postgres|paylog|secret|changeme|change-me|admin|test|demo|example|default|qwerty|12345)/i

/** In letters and digits: Telegram takes few others. */
const make = "openssl rand -hex 32"
const makeAnother = `Make another: ${make}`

/** What the bot takes, and else does not start. */
const ofTheBot = /^[A-Za-z0-9_-]{24,256}$/

export const check = (environment: Environment): ReadonlyArray<Finding> => {
  const all = places.flatMap(({ name, secretsOf }) => {
    const value = environment[name] ?? ""
    return value === "" ? [] : secretsOf(value).map((secret) => ({ name, secret }))
  })
  const weak = all.flatMap(({ name, secret }) => {
    const why = weakness(secret)
    return why === undefined ? [] : [wrong("secrets", `${name} ${why}`, makeAnother)]
  })
  const uses = Map.groupBy(all, ({ secret }) => secret)
  const shared = [...uses.values()].flatMap((same) => {
    const names = [...new Set(same.map(({ name }) => name))]
    if (same.length === 1) return []
    if (names.length === 1) return [warning("secrets", `${names.join()} has one secret twice`, "Take one of them out")]
    const what = `${names.join(" and ")} have the same secret: who learns one has both`
    // Two URLs of one login are one use.
    return isOneLogin(environment, names)
      ? [warning("database logins", what, "Give the processes a login of their own: docs/operations.md, Roles")]
      : [wrong("secrets", what, makeAnother)]
  })
  const found = [...missing(environment), ...weak, ...shared]
  if (found.length > 0) return found
  return all.length === 0
    ? [
        unseen(
          "secrets",
          "There are none in this environment",
          "Run it with the environment of the ingester, and of the bot",
        ),
      ]
    : [well("secrets", `${print.count(all.length, "secret")}, none of them weak, no two the same`)]
}

/** What somebody would have to have set, by what else is set. */
const missing = (environment: Environment): ReadonlyArray<Finding> => {
  const has = (name: string) => (environment[name] ?? "") !== ""
  return [
    ...(has("TELEGRAM_WEBHOOK_URL") && !has("TELEGRAM_WEBHOOK_SECRET")
      ? [
          wrong(
            "secrets",
            "TELEGRAM_WEBHOOK_URL is set, and TELEGRAM_WEBHOOK_SECRET is not: the bot does not start, since anybody could send it updates",
            `Set it: ${make}`,
          ),
        ]
      : []),
    ...(has("TELEGRAM_BOT_TOKEN") && !has("TELEGRAM_LINK_SECRET")
      ? [
          warning(
            "secrets",
            "TELEGRAM_LINK_SECRET is not set: the bot's links are signed with a secret made from its token, and end with the token",
            `Set it: ${make}`,
          ),
        ]
      : []),
    ...["TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_LINK_SECRET"]
      .filter((name) => has(name) && !ofTheBot.test(environment[name] ?? ""))
      .map((name) =>
        wrong(
          "secrets",
          `${name} is not 24 to 256 characters of A-Z, a-z, 0-9, _ and -: the bot does not start`,
          makeAnother,
        ),
      ),
  ]
}

const weakness = (secret: string): string | undefined => {
  if (known.test(secret)) return "is or begins with what everybody tries first"
  if (secret.length < shortest) return `is shorter than ${shortest} characters`
  if (new Set(secret).size < fewestCharacters) return "repeats a few characters"
  return /^(.{1,8})\1+$/.test(secret) ? "repeats itself" : undefined
}

const isOneLogin = (environment: Environment, names: ReadonlyArray<string>): boolean => {
  const users = names.map((name) =>
    name.startsWith("DATABASE_") ? URL.parse(environment[name] ?? "")?.username : undefined,
  )
  return users[0] !== undefined && users.every((user) => user === users[0])
}
