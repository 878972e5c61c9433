/** An append that was checked and is ready to be written. Both implementations start here, so both refuse the same input. */
import { Effect } from "effect"
import { hash } from "node:crypto"
import { type Append, type ExpectedVersion, InvalidAppend, type NewEvent, type StreamAppend } from "../EventStore.ts"

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

/** Fails when the input could not be stored, could not be read back as it was given, or is too large. */
export const checked = (append: Append): Effect.Effect<Item, InvalidAppend> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(itemOf(append))
    } catch (error) {
      if (error instanceof InvalidAppend) return Effect.fail(error)
      throw error
    }
  })

/** Throws where `checked` fails. */
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
    if (Buffer.compare(hash("sha256", content, "buffer"), digest) !== 0) {
      refuse("has an attachment whose digest is not the SHA-256 of its bytes")
    }
    bytes += content.length
  }
  if (events > maxEvents || bytes > maxBytes) {
    refuse(`has ${events} events of ${bytes} bytes in all; the limits are ${maxEvents} events and ${maxBytes} bytes`)
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
  throw new InvalidAppend({ reason: what })
}

/** Of keys, streams and types, in bytes of UTF-8: they are indexed. */
const maxNameBytes = 512

/** Not empty, without control characters, well-formed. */
const checkName = (what: string, name: string): void => {
  if (name === "" || /\p{Cc}/u.test(name) || !name.isWellFormed()) {
    refuse(
      `has an unfit ${what}, empty, with a control character, or no well-formed text: ${JSON.stringify(name.slice(0, 80))}`,
    )
  }
  // A UTF-16 unit takes at most three bytes.
  if (name.length * 3 > maxNameBytes && Buffer.byteLength(name) > maxNameBytes) {
    refuse(`has a ${what} of ${Buffer.byteLength(name)} bytes; the limit is ${maxNameBytes}`)
  }
}

const checkExpected = (expected: ExpectedVersion): void => {
  if (typeof expected === "number" && !(Number.isSafeInteger(expected) && expected >= 0)) {
    refuse(`expects version ${expected}; a version is a whole number from 0 on`)
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const checkEvent = (event: NewEvent): void => {
  if (!uuid.test(event.id)) refuse(`has an event id that is no UUID: ${JSON.stringify(event.id.slice(0, 80))}`)
  checkName("event type", event.type)
  if (!Number.isInteger(event.schemaVersion) || event.schemaVersion < 1 || event.schemaVersion > 0x7fffffff) {
    refuse(`has schema version ${event.schemaVersion}`)
  }
  checkJson(`data of ${event.type}`, event.data)
  checkJson(`metadata of ${event.type}`, event.metadata)
}

/** The message does not quote the text: it may be anything. */
const checkJson = (what: string, text: string): void => {
  if (!isStorable(text)) refuse(`has ${what} with U+0000 or a lone surrogate`)
  // Before it is parsed, which takes stack; a shorter text cannot be deeper.
  if (text.length >= 2 * maxDepth && depthOf(text) > maxDepth)
    refuse(`has ${what} that is nested ${depthOf(text)} deep; the limit is ${maxDepth}`)
  try {
    JSON.parse(text)
  } catch {
    refuse(`has ${what} that is not JSON`)
  }
}

/** Of arrays and objects in each other. Postgres's parser has a stack that is not ours. */
const maxDepth = 1000

const depthOf = (json: string): number => {
  let depth = 0
  let deepest = 0
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (isText && character === "\\") at += 1
    else if (character === '"') isText = !isText
    else if (isText) continue
    else if (character === "[" || character === "{") deepest = Math.max(deepest, (depth += 1))
    else if (character === "]" || character === "}") depth -= 1
  }
  return deepest
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
): { readonly stream: string; readonly expected: "none" | number; readonly actual: number } | undefined => {
  for (const [index, { stream, expected }] of streams.entries()) {
    const at = actual[index] ?? 0
    if (expected !== "any" && expectedNumber(expected) !== at) return { stream, expected, actual: at }
  }
  return undefined
}
