/** One-dimensional arrays without nulls in Postgres's binary format (`array_recv` in its source), each after its length in bytes. */
import type { Messages } from "./Messages.ts"

type Write<A> = (to: Messages, value: A) => void

/** Writes what `of` gives of each value. `oid`: of the element's type (`pg_type.dat`). */
const array =
  <A>(oid: number, write: Write<A>) =>
  <B>(to: Messages, values: ReadonlyArray<B>, of: (value: B) => A): void =>
    to.sized(() => {
      // Dimensions, no nulls, type of the elements; of the one dimension, its length and lower bound.
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
