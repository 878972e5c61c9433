/**
 * How column values become JavaScript values. Given to each client, so that no other user of `pg` in the process can change
 * them (its parsers are global and mutable), nor we theirs. A type that is not listed stays text, numeric and json too.
 */
import { DateTime } from "effect"
import type { CustomTypesConfig } from "pg"

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === "t", // bool
  17: (text) => new Uint8Array(Buffer.from(text.slice(2), "hex")), // bytea, in its hex form
  20: BigInt, // int8
  21: Number, // int2
  23: Number, // int4
  26: Number, // oid
  700: Number, // float4
  701: Number, // float8
  1002: (text) => elements(text), // "char"[]
  1005: (text) => elements(text).map(Number), // int2[]
  1007: (text) => elements(text).map(Number), // int4[]
  1016: (text) => elements(text).map(BigInt), // int8[]
  1184: (text) => DateTime.toDateUtc(DateTime.makeUnsafe(text)), // timestamptz; throws for an infinite one
}

/** The elements of a one-dimensional array of what needs no quotes, without nulls. */
const elements = (text: string): ReadonlyArray<string> => (text === "{}" ? [] : text.slice(1, -1).split(","))

const asText = (text: string): string => text

export const types: CustomTypesConfig = {
  getTypeParser: (oid: number) => parsers[oid] ?? asText,
}
