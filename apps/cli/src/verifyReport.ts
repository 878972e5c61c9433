/** What was verified, for people and programs. */
import type { Erased } from "@paylog/auditing/attachments"
import type { Result } from "@paylog/auditing/check"
import type { Checked } from "@paylog/auditing/checkpoints"
import { type Verdict, verdicts } from "@paylog/auditing/evidence"
import { line, listed } from "@paylog/auditing/Finding"
import * as print from "./print.ts"

const words: Readonly<Record<Verdict, string>> = {
  Valid: "signature valid",
  Invalid: "signature invalid",
  KeyNotSupplied: "key not supplied (--keys)",
  Unsigned: "unsigned (poll, sweep)",
  ByHand: "recorded by a person",
  NoSource: "of no source that tells of payments",
  Erased: "erased",
  Missing: "delivery missing",
}

/** The largest size that a checkpoint with a valid signature vouches for. */
const signedSize = ({ checkpoints }: Result, signature: Checked["signature"]): number =>
  checkpoints
    .filter((one) => one.holds === true && one.signature === signature)
    .reduce((most, { size }) => Math.max(most, size), 0)

export const text = (result: Result): string => {
  const { findings, evidences, erased, sealed, head, looked, start, root, checkpoints } = result
  const n = print.number
  const events = (count: number) => print.count(count, "event")
  const [valid, unknown] = [signedSize(result, "Valid"), signedSize(result, "KeyNotSupplied")]
  const total = [...evidences.counts.values()].reduce((sum, count) => sum + count, 0)
  const payments = verdicts.flatMap((verdict) => {
    const count = evidences.counts.get(verdict) ?? 0
    return count === 0 ? [] : [`  ${words[verdict]}: ${n(count)}`]
  })
  const lines = [
    `Events          ${n(looked)} hashed from their stored bytes${start === 0 ? "" : `, those after position ${n(start)}`}`,
    `Root            ${base64(root)} over ${events(head)}`,
    `Sealed          ${sealed >= head ? "all" : `${n(sealed)}; ${n(head - sealed)} not yet`}`,
    `Checkpoints     ${n(checkpoints.length)}${checkpoints.length === 0 ? "" : `: ${counted(checkpoints)}`}`,
    valid > 0
      ? `Signed          the first ${events(valid)}, by a key that you gave`
      : unknown > 0
        ? `Signed          the first ${events(unknown)}, by a key that you did not give: --key`
        : "Signed          nothing",
    ...(head > Math.max(valid, unknown)
      ? [`Unprotected     the last ${events(head - Math.max(valid, unknown))}: no checkpoint holds them yet`]
      : []),
    `Deliveries      ${n(evidences.deliveries)} looked at${start === 0 ? "" : ", those that these events name"}`,
    ...erasures(erased),
    `Payments        ${total === 0 ? "none" : `${n(total)}, by what their deliveries show`}`,
    ...payments,
    "",
    findings.count === 0
      ? "Nothing is other than it was recorded."
      : `${n(findings.count)} ${findings.count === 1 ? "thing is" : "things are"} not as recorded:`,
    ...findings.list.map((finding) => `  ${line(finding)}`),
    ...(findings.count > listed ? [`  and ${n(findings.count - listed)} more`] : []),
  ]
  return `${lines.join("\n")}\n`
}

const base64 = (root: Uint8Array) => Buffer.from(root).toString("base64")

/** Silent where nothing was ever erased. */
const erasures = (erased: Erased | undefined): ReadonlyArray<string> => {
  if (erased === undefined || (erased.tombstones === 0n && erased.recorded === 0n)) return []
  const { tombstones, recorded } = erased
  const other =
    tombstones === recorded ? "" : `; the log tells of ${print.number(recorded)}: see docs/audit.md, Erasure`
  return [`Erased          the bytes of ${print.count(tombstones, "delivery", "deliveries")}${other}`]
}

const counted = (checkpoints: ReadonlyArray<Checked>): string => {
  const of = (holds: (one: Checked) => boolean) => checkpoints.filter(holds).length
  const parts = [
    [of(({ signature }) => signature === "Valid"), "signatures valid"],
    [of(({ signature }) => signature === "KeyNotSupplied"), "keys not supplied"],
    [of(({ signature }) => signature === "Invalid"), "signatures INVALID"],
    [of(({ holds }) => holds === true), "roots as the events make them"],
    [of(({ holds }) => holds === false), "roots of OTHER events"],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${print.number(count)} ${what}`)
    .join(", ")
}

export const json = ({ findings, evidences, root, sealedRoot, ...result }: Result) => ({
  ...result,
  root: base64(root),
  ...(sealedRoot === undefined ? {} : { sealedRoot: base64(sealedRoot) }),
  payments: Object.fromEntries(evidences.counts),
  deliveries: evidences.deliveries,
  findings: findings.count,
  listed: findings.list,
})
