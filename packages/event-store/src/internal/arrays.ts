/** One-dimensional arrays in Postgres's binary format (`array_recv` in its source), each after its length in bytes. */
import type { Messages } from "./Messages.ts"

type Write<A> = (to: Messages, value: A) => void

/** Writes what `of` gives of each value. `oid`: of the element's type (`pg_type.dat`). */
const array =
  <A>(oid: number, write: Write<A>) =>
  <B>(to: Messages, values: ReadonlyArray<B>, of: (value: B) => A): void =>
    to.sized(() => {
      // Dimensions, a flag of which nothing depends, type of the elements; of the one dimension, its length and lower bound.
      to.int32(values.length === 0 ? 0 : 1)
      to.int32(0)
      to.int32(oid)
      if (values.length === 0) return
      to.int32(values.length)
      to.int32(1)
      for (const value of values) write(to, of(value))
    })

export const byteas = array<Uint8Array>(17, (to, value) => to.bytes(value))
export const integers = array<number>(23, (to, value) => to.int32Sized(value))
export const texts = array<string>(25, (to, value) => to.text(value))
export const jsons = array<string>(114, (to, value) => to.text(value))
export const uuids = array<string>(2950, (to, value) => to.uuid(value))

const orNull =
  <A>(write: Write<A>): Write<A | null> =>
  (to, value) =>
    value === null ? to.int32(-1) : write(to, value)

export const textsOrNull = array<string | null>(
  25,
  orNull((to, value) => to.text(value)),
)
export const integersOrNull = array<number | null>(
  23,
  orNull((to, value) => to.int32Sized(value)),
)
export const bigintsOrNull = array<bigint | null>(
  20,
  orNull((to, value) => to.int64Sized(value)),
)
/** Milliseconds since 1970. Postgres counts microseconds from 2000. */
export const timesOrNull = array<number | null>(
  1184,
  orNull((to, value) => to.int64Sized(BigInt(value - epochMs) * 1000n)),
)

/** 2000-01-01T00:00:00Z in milliseconds since 1970. */
export const epochMs = 946_684_800_000
