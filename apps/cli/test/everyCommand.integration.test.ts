/**
 * Every command there is, on an empty log, about what nobody knows, with a broken file, with a wrong key, and without a database: a
 * clear line and a documented exit code. The commands are read from the command line itself: a new one without its cases fails.
 */
import { assert, layer } from "@effect/vitest"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { projections } from "@paylog/payments/followers"
import { Effect } from "effect"
import type { Command } from "effect/cli"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { paylog } from "../src/paylog.ts"
import { inProcess } from "./support/inProcess.ts"
import { following } from "./support/money.ts"
import { type Ran, World } from "./support/paylog.ts"
import { grow, logKey, run, sign, world } from "./support/sealed.ts"

/** Words of a command line, with `{ann}` and `{dir}` for what the test makes; how it ends, and what it says. */
type Case = readonly [words: string, code: number, says: RegExp]

interface Cases {
  /** On a log without an event. */
  readonly empty: Case
  /** About an invoice, a customer, a proposal that is not there, on a log that has others. */
  readonly unknown?: ReadonlyArray<Case>
  readonly broken?: ReadonlyArray<Case>
  readonly wrongKey?: ReadonlyArray<Case>
}

const inv = "inv_00000000000000000001"
const cus = "cus_00000000000000000001"
const pro = "pro_00000000000000000001"
const rfd = "rfd_00000000000000000001"
const digest = "0".repeat(64)
const who = "--by {ann} --reason test"

const noInvoice = new RegExp(`^There is no invoice ${inv}\n$`)
const noSuch = /^There is no such invoice\n$/
const nothing = /^Nothing is open\n$/
const noOrder = /^That order has no payment 1 which no invoice has\n$/
const noProposal = /^There is no (refund and no )?proposal pro_0{19}1\n$/
const noRefund = /^There is no refund and no proposal rfd_0{19}1\n$/
const noCustomer = /^There is no such customer: unknown, or erased already\n$/
const nobody = /^stf_0{19}1 is nobody of the staff: see "paylog staff list"\n$/
const noApiKey = /^WALLETPAY_API_KEY: [^\n]+; the variable is not set\n$/
const noStore = /^There is no checkpoint store: set LOG_ORIGIN, CHECKPOINT_STORE and LOG_VERIFIER_KEYS\n$/

/** Of a command about one thing, which is as unknown on an empty log as on another. */
const about = (words: string, says: RegExp): Cases => ({ empty: [words, 3, says], unknown: [[words, 3, says]] })
const list: Cases = { empty: ["", 0, nothing] }

const cases: Readonly<Record<string, Cases>> = {
  show: about(inv, noInvoice),
  timeline: about(inv, noInvoice),
  at: {
    empty: [`0 ${inv}`, 3, noInvoice],
    unknown: [
      [`0 ${inv}`, 3, noInvoice],
      ["0 77", 3, /^No invoice has an order 77, as far as the read model has come/],
    ],
  },
  diff: about(`${inv} 0 0`, noInvoice),
  explain: about(inv, noInvoice),
  open: list,
  "held list": list,
  "held show": about(inv, noSuch),
  "held accept": about(`${inv} ${who}`, noSuch),
  "held dismiss": about(`${inv} ${who}`, noSuch),
  "unmatched list": list,
  "unmatched show": about("17", noOrder),
  "unmatched assign": about(`17 ${inv} ${who}`, noSuch),
  "unmatched refund": about(`17 ${who}`, noOrder),
  "unmatched dismiss": about(`17 ${who}`, noOrder),
  "refund list": list,
  "refund request": about(`${inv} ${who}`, noSuch),
  "refund take": about(`${rfd} ${who}`, noRefund),
  "refund drop": about(`${rfd} ${who}`, noRefund),
  "refund record": about(`${rfd} --sent {usdt} --way x --reference y ${who}`, noRefund),
  "refund withdraw": about(`${rfd} ${who}`, noRefund),
  "fulfil list": list,
  "fulfil retry": about(`${inv} ${who}`, noSuch),
  "fulfil record": about(`${inv} --reference x ${who}`, noSuch),
  "correct list": list,
  "correct propose": about(`hold ${inv} ${who}`, noSuch),
  "correct show": about(pro, noProposal),
  "correct approve": about(`${pro} --digest ${digest} ${who}`, noProposal),
  "correct decline": about(`${pro} ${who}`, noProposal),
  "quarantine list": list,
  "quarantine show": about(digest, /^No delivery 0{64} is in quarantine\n$/),
  "quarantine retry": about(`${digest} ${who}`, /No delivery 0{64} is in quarantine\n$/),
  "staff list": { empty: ["", 0, /^STAFF +NAME/] },
  "staff add": { empty: ["Ben", 0, /^stf_\w{20}\n/] },
  "staff invite": about("stf_00000000000000000001", nobody),
  "staff unlink": about("stf_00000000000000000001", nobody),
  "staff leave": about("stf_00000000000000000001", nobody),
  "erase find": about("71", noCustomer),
  "erase propose": about(`${cus} ${who}`, noCustomer),
  "erase show": {
    empty: [cus, 0, /^Nobody has proposed to erase cus_/],
    unknown: [[cus, 0, /^Nobody has proposed to erase cus_/]],
  },
  "erase approve": about(`${cus} --proposal ${pro} --digest ${digest} ${who}`, noProposal),
  doctor: { empty: ["", 0, /\nNothing is wrong: \d warnings, \d not looked at\.\n$/] },
  followers: { empty: ["", 0, /^FOLLOWER +POSITION/] },
  ledger: { empty: ["", 0, /^The ledger at position 0: no entries\n$/] },
  replay: { empty: ["", 0, /^0 events of 0 streams, up to position 0\n/] },
  reconcile: {
    empty: ["", 2, noApiKey],
    broken: [["--out {dir}", 2, noApiKey]],
  },
  export: {
    empty: ["{dir}/exported", 0, /^\S+exported: 9 files, as of position 0: 0 of events, 0 of invoices, 0 of ledger\n/],
    broken: [
      ["{dir}", 3, /^\S+ is there already: nothing is overwritten\n$/],
      ["{dir}/broken/below", 1, /^\S+below cannot be made: /],
    ],
  },
  prove: {
    ...about(inv, noInvoice),
    broken: [["{paid} --key {key} --out {dir}/broken", 2, /broken is there already/]],
    wrongKey: [
      ["{paid} --key {other}", 4, /the newest checkpoint is of 0 events/],
      ["{paid} --key x", 2, /^"x" is no public key of a log\n$/],
      ["{paid}", 2, /or set LOG_VERIFIER_KEYS\n$/],
    ],
  },
  check: {
    empty: ["{dir}/absent --key x", 2, /^\S+absent cannot be read: there is no such file\n$/],
    broken: [
      ["{dir}/broken --key {key}", 2, /^Not checked: The file is no proof/],
      ["{dir} --key {key}", 2, /^\S+ cannot be read: it is a folder\n$/],
      ["{dir}/tampered --key {key}", 5, /^The proof DOES NOT HOLD: The event at position \d+ /],
    ],
    wrongKey: [
      ["{dir}/proof --key nonsense", 2, /^Not checked: Not a key/],
      ["{dir}/proof --key {other}", 5, /^The proof DOES NOT HOLD: .*none of the keys/],
    ],
  },
  rebuild: {
    empty: ["", 0, /^invoices is rebuilt up to position 0 and in place\n/],
    unknown: [["nobody", 2, /^There is no projection nobody/]],
  },
  unpark: {
    ...about("invoices nobody", /^The follower invoices has not parked the stream nobody\n$/),
    unknown: [
      ["nobody nobody", 2, /^There is no follower nobody/],
      ["messages 17", 3, /^No message 17 is set aside\n$/],
      ["updates 17", 3, /^No bot works with this database\n$/],
    ],
  },
  verify: {
    empty: ["", 0, /\nNothing is other than it was recorded\.\n$/],
    broken: [
      ["--checkpoint {dir}/broken", 2, /broken is no signed checkpoint\n$/],
      ["--checkpoint {dir}/absent", 2, /absent cannot be read: there is no such file\n$/],
      ["--since {dir}/broken", 2, /broken is no checkpoint: /],
      ["--keys {dir}/absent", 2, /absent cannot be read: there is no such file\n$/],
      ["--save {dir}/broken/below", 1, /below cannot be written: /],
    ],
    wrongKey: [
      ["--key nonsense", 2, /^"nonsense" is no public key of a log: /],
      ["--key {other}", 5, /^No checkpoint is signed by a key that you gave with --key/],
      ["--keys {dir}/wrong-keys", 5, /^No payment's delivery is signed with a key of --keys/],
    ],
  },
  checkpoint: { empty: ["", 0, /^CHECKPOINT +EVENTS\nrecorded +0\n/] },
  "checkpoint proposals": { empty: ["", 0, /^Nothing was proposed about the log\n$/] },
  "checkpoint adopt": { empty: [who, 2, noStore] },
  "checkpoint approve": about(`${pro} --digest ${digest} ${who}`, noProposal),
  recover: { empty: [`--fork --origin x ${who}`, 2, noStore] },
  "keys generate": {
    empty: ["--origin shop.example/log --out {dir}/key", 0, /^shop\.example\/log\+[0-9a-f]{8}\+/],
    broken: [["--origin shop.example/log --out {dir}/broken", 3, /broken/]],
  },
}

/** What can be run: a command without others below it, or one that does something of its own as well. */
const commandsOf = (command: Command.Command.Any, path: ReadonlyArray<string>): ReadonlyArray<string> => {
  const below = command.subcommands.flatMap(({ commands }) => commands)
  const own = below.length === 0 || path.join(" ") === "checkpoint" ? [path.join(" ")] : []
  return [...own, ...below.flatMap((one) => commandsOf(one, [...path, one.name]))]
}
const commands = commandsOf(paylog, [])

/** A part of a help text, a line for each thing. */
const part = (help: string, name: string): ReadonlyArray<string> =>
  (new RegExp(`\n${name}\n((?: .*\n)+)`).exec(help)?.[1] ?? "").split("\n").filter((line) => line !== "")

const documented = new Set(
  Array.from(readFileSync(new URL("../README.md", import.meta.url), "utf8").matchAll(/^\| (\d+) \|/gm), ([, code]) =>
    Number(code),
  ),
)

/** What the words of a case stand for. */
const made: Record<string, string> = { usdt: "1 USDT" }

/** A folder, and somebody of the staff, for a test. */
const prepared = Effect.gen(function* () {
  const dir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-commands-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )
  made["dir"] = dir
  made["ann"] ??= (yield* inProcess(["staff", "add", "Ann"])).out.trim()
  return dir
})

const wordsOf = (command: string, words: string): ReadonlyArray<string> =>
  [...command.split(" "), ...words.split(" ")]
    .filter((word) => word !== "")
    .map((word) => word.replaceAll(/\{(\w+)\}/g, (_, name: string) => made[name] ?? assert.fail(name)))

const ended = (name: string, { code, out, err }: Ran, expected: number, says: RegExp) => {
  assert.strictEqual(code, expected, `${name}: ${out}${err}`)
  assert.isTrue(documented.has(code ?? -1), `${name}: ${code} is not in the README`)
  // What is a result is on stdout; why there is none is on stderr, alone, in a line or a few, and is no trace of the program.
  assert.match(code === 0 ? out : err, says, name)
  assert.notMatch(out + err, /^ +at .*\d+:\d+\)?$|\[object |undefined|Error:/m, name)
  if (code === 1 || code === 2 || code === 3) {
    // What was found stands, though it could not be saved.
    if (!name.includes("--save")) assert.strictEqual(out, "", name)
    assert.isAtMost(err.split("\n").length, 3, err)
  }
}

const check = Effect.fnUntraced(function* (command: string, [words, code, says]: Case, env?: Record<string, string>) {
  const { url } = yield* World
  const ran = yield* inProcess(wordsOf(command, words), env ?? { DATABASE_URL: url })
  ended(`${command} ${words}`, ran, code, says)
})

layer(world, { excludeTestServices: true })("every command", (it) => {
  it.effect("has its cases here, speaks JSON, and says what it does, with an example", () =>
    Effect.gen(function* () {
      assert.sameMembers(Object.keys(cases), [...commands])
      const silent: Array<string> = []
      for (const command of commands) {
        const { code, out } = yield* inProcess([...command.split(" "), "--help"])
        assert.strictEqual(code, 0, command)
        const [flags, args] = [part(out, "FLAGS"), part(out, "ARGUMENTS")]
        if (!flags.some((line) => line.includes("--json"))) silent.push(command)
        const { unknown, broken, wrongKey } = cases[command] ?? assert.fail(command)
        const names = args.map((line) => line.trim().split(" ")[0] ?? "")
        if (names.some((name) => !["file", "folder", "name"].includes(name))) assert.isDefined(unknown, command)
        if (
          names.some((name) => name === "file" || name === "folder") ||
          flags.some((line) => /--(out|keys|checkpoint|since|save) string/.test(line))
        )
          assert.isDefined(broken, command)
        if (flags.some((line) => /--keys? string/.test(line))) assert.isDefined(wrongKey, command)
      }
      assert.deepStrictEqual(silent, [])
    }),
  )

  it.effect("ends as documented on an empty log, and with JSON where it has a result", () =>
    Effect.gen(function* () {
      yield* prepared
      for (const [command, { empty }] of Object.entries(cases)) yield* check(command, empty)
      for (const [command, { empty }] of Object.entries(cases)) {
        const [words, code] = empty
        if (code !== 0 || words.includes("{dir}")) continue
        const { out, err } = yield* inProcess([...wordsOf(command, words), "--json"])
        assert.doesNotThrow(() => JSON.parse(out), undefined, `${command}: ${out}${err}`)
      }
      assert.deepStrictEqual(yield* run("select from paylog.events"), [])
    }).pipe(Effect.scoped),
  )

  it.effect("says that the database is out of reach or not named, and that a key of the environment is none", () =>
    Effect.gen(function* () {
      const { url } = yield* World
      const dir = yield* prepared
      const needNone = ["check", "keys generate"]
      const withKey: Array<string> = []
      for (const [command, { empty }] of Object.entries(cases)) {
        if (needNone.includes(command)) continue
        const words = wordsOf(command, empty[0])
        const unnamed = yield* inProcess(words, {})
        const first = empty[1] === 2 ? empty[2].source : "$^"
        const unset = "^DATABASE_URL: [^\\n]+; the variable is not set\n$"
        ended(`${command} unnamed`, unnamed, 2, new RegExp(`${unset}|${first}`))
        const away = yield* inProcess(words, { DATABASE_URL: "postgres://nobody:hidden@127.0.0.1:1/nothing" })
        assert.notInclude(away.out + away.err, "hidden", command)
        // The doctor's finding; and what is missing besides, first.
        if (command === "doctor") assert.strictEqual(away.code, 5)
        else if (empty[1] === 2) assert.include([1, 2], away.code, command)
        else ended(`${command} away`, away, 1, /^The log is out of reach: [^\n]+\n$/)
        const env = { DATABASE_URL: url, LOG_ORIGIN: "x", LOG_VERIFIER_KEYS: "nonsense", CHECKPOINT_STORE: dir }
        const wrong = yield* inProcess(words, env)
        if (wrong.code !== empty[1] || command === "checkpoint adopt" || command === "recover") {
          assert.include([2, 5], wrong.code, command)
          withKey.push(command)
        }
      }
      // Whoever writes to the log asks first whether it is the one that was signed.
      for (const command of ["checkpoint", "checkpoint adopt", "recover", "doctor", "held accept"])
        assert.include(withKey, command)
    }).pipe(Effect.scoped),
  )

  it.effect("says what it does not know, which file is broken, and which key is none", () =>
    Effect.gen(function* () {
      const dir = yield* prepared
      yield* grow(2)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* following
          const head = yield* EventStore.use((store) => store.head)
          for (const { name } of projections)
            yield* FollowerRunner.use((runner) => runner.awaitBookmark(name, head, "20 seconds"))
        }),
      )
      const [key, other] = [yield* logKey, yield* logKey]
      yield* sign(key.signer, 8)
      const rows = yield* run<{ readonly id: string }>(
        "select data ->> 'invoiceId' as id from paylog.events where version = 1 order by position limit 1",
      )
      Object.assign(made, { key: key.verifierKey, other: other.verifierKey, paid: rows[0]?.id ?? "" })
      const proof = yield* inProcess(wordsOf("prove", "{paid} --key {key} --out {dir}/proof"))
      assert.strictEqual(proof.code, 0, proof.err)
      const text = readFileSync(join(dir, "proof"), "utf8")
      writeFileSync(join(dir, "tampered"), text.replace("PaymentReceived", "PaymentRefunded"))
      writeFileSync(join(dir, "broken"), "nonsense\n")
      writeFileSync(join(dir, "wrong-keys"), "a-store-key-that-is-another-one\n")
      for (const [command, { unknown = [], broken = [], wrongKey = [] }] of Object.entries(cases))
        for (const one of [...unknown, ...broken, ...wrongKey]) yield* check(command, one)
      // The right ones, so that the wrong ones are what was refused.
      yield* check("check", ["{dir}/proof --key {key}", 0, /^The proof holds/])
      yield* check("verify", ["--key {key}", 0, /by a key that you gave\n/])
    }).pipe(Effect.scoped),
  )
})
