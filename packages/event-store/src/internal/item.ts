/** An append that was checked and is ready to be written. Both implementations start here, so both refuse the same input. */
import { createHash, hash } from "node:crypto"
import type { Append, ExpectedVersion, NewEvent, StreamAppend } from "../EventStore.ts"

export interface Item {
  readonly append: Append
  /** SHA-256 of the append's content. */
  readonly digest: Uint8Array
  readonly events: number
  /** About how much memory it holds. */
  readonly bytes: number
}

/** The most that one append may hold: it is written in one statement. */
export const maxEvents = 1000
export const maxBytes = 4 * 1024 * 1024

/** Throws, which is a defect of the caller, when the input could not be stored or not be read back as it was given. */
export const itemOf = (append: Append): Item => {
  checkName("idempotency key", append.key)
  const names = new Set<string>()
  let events = 0
  let bytes = 0
  for (const part of append.streams) {
    checkName("stream", part.stream)
    if (names.has(part.stream)) refuse(`names stream ${part.stream} twice`)
    names.add(part.stream)
    checkExpected(part.expected)
    if (part.events.length === 0) refuse(`has no event for stream ${part.stream}`)
    for (const event of part.events) {
      checkEvent(event)
      events += 1
      bytes += 128 + event.type.length + event.data.length + event.metadata.length
    }
  }
  if (events === 0) refuse("has no stream")
  for (const { digest, bytes: content } of append.attachments ?? []) {
    if (Buffer.compare(createHash("sha256").update(content).digest(), digest) !== 0) {
      refuse("has an attachment whose digest is not the SHA-256 of its bytes")
    }
    bytes += content.length
  }
  if (events > maxEvents || bytes > maxBytes) {
    refuse(`has ${events} events of ${bytes} bytes; the limits are ${maxEvents} and ${maxBytes}`)
  }
  return { append, digest: hash("sha256", content(append.streams), "buffer"), events, bytes }
}

/**
 * What makes two appends under one key the same: streams, types, schema versions and data, in order. As netstrings
 * (https://cr.yp.to/proto/netstrings.txt), so no two contents give the same text. Its SHA-256 is stored for ever: never
 * change it.
 */
const content = (streams: Append["streams"]): string => {
  let text = ""
  const add = (field: string) => {
    text += `${Buffer.byteLength(field)}:${field},`
  }
  for (const { stream, events } of streams) {
    add(stream)
    add(String(events.length))
    for (const event of events) {
      add(event.type)
      add(String(event.schemaVersion))
      add(event.data)
    }
  }
  return text
}

const refuse = (what: string): never => {
  throw new Error(`The append ${what}`)
}

/** Of keys, streams and types: non-empty, without control characters, at most 512 bytes (they are indexed). */
const checkName = (what: string, name: string): void => {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (name === "" || /[\u0000-\u001f\u007f]/.test(name) || !name.isWellFormed() || Buffer.byteLength(name) > 512) {
    refuse(`has an unfit ${what}: ${JSON.stringify(name.slice(0, 80))}`)
  }
}

const checkExpected = (expected: ExpectedVersion): void => {
  if (typeof expected === "number" && !(Number.isSafeInteger(expected) && expected >= 0)) {
    refuse(`expects version ${expected}`)
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const checkEvent = (event: NewEvent): void => {
  if (!uuid.test(event.id)) refuse(`has an event id that is no UUID: ${JSON.stringify(event.id.slice(0, 80))}`)
  checkName("event type", event.type)
  if (!Number.isInteger(event.schemaVersion) || event.schemaVersion < 1 || event.schemaVersion > 0x7fffffff) {
    refuse(`has schema version ${event.schemaVersion}`)
  }
  if (!isStorable(event.data)) refuse(`has data of ${event.type} with U+0000 or a lone surrogate`)
  if (!isStorable(event.metadata)) refuse(`has metadata of ${event.type} with U+0000 or a lone surrogate`)
}

/**
 * Whether JSON text has neither U+0000 nor a lone surrogate, as characters or as escapes. Postgres keeps such escapes in
 * `json`, and then fails whoever reads the value in SQL.
 */
const isStorable = (json: string): boolean => {
  if (!json.isWellFormed() || json.includes("\u0000")) return false
  if (!json.includes("\\u")) return true
  let lowAt = -1 // where an escaped high surrogate ended: its low one must follow there
  for (const match of json.matchAll(/\\(?:u([0-9a-fA-F]{4})|[^])/g)) {
    const code = match[1] === undefined ? -1 : Number.parseInt(match[1], 16)
    const isLow = code >= 0xdc00 && code <= 0xdfff
    if (code === 0 || isLow !== (lowAt !== -1) || (isLow && match.index !== lowAt)) return false
    lowAt = code >= 0xd800 && code <= 0xdbff ? match.index + match[0].length : -1
  }
  return lowAt === -1
}

/** The version that a stream must be at; -1 for any. */
export const expectedNumber = (expected: ExpectedVersion): number =>
  expected === "any" ? -1 : expected === "none" ? 0 : expected

/** The first stream of an append that is not where it should be, given where each one is. */
export const conflictAt = (
  streams: ReadonlyArray<StreamAppend>,
  actual: ReadonlyArray<number>,
): { readonly stream: string; readonly expected: ExpectedVersion; readonly actual: number } | undefined => {
  for (const [index, { stream, expected }] of streams.entries()) {
    const at = actual[index] ?? 0
    if (expected !== "any" && expectedNumber(expected) !== at) return { stream, expected, actual: at }
  }
  return undefined
}
