/** Whether the secrets of the environment are there and hard to guess, and no two uses have one. None is ever shown. */
import { type Finding, warning, well, wrong } from "./Finding.ts"

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
  { name: "DATABASE_URL", secretsOf: passwordOf },
  { name: "DATABASE_OWNER_URL", secretsOf: passwordOf },
]

/** The variables that hold one. */
export const names: ReadonlyArray<string> = places.map(({ name }) => name)

const shortest = 16
const fewestCharacters = 8

/** What is in every list of passwords, in examples, and in this project's own documents and tests. */
const known =
  /^(password|passw0rd|postgres|paylog|secret|changeme|change-me|admin|test|demo|example|default|qwerty|12345)/i

const makeAnother = "Make another: openssl rand -base64 33"

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
  const found = [...weak, ...shared]
  return found.length > 0 ? found : [well("secrets", `${all.length} secrets, none of them weak, no two the same`)]
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
