/**
 * Asking a connection of `pg` so that what was asked and answered can be forgotten.
 *
 * `pg` gives each query a function for its time-out by assigning it to a property, and a function that is written where it is
 * assigned to a property begins among V8's old objects (`CheckAssigningFunctionLiteralToProperty` in its parser). Those are looked
 * through by full collections alone; until the next one everything that such a function reaches lives, and each small collection copies it:
 * query, arguments, rows. That took two fifths of the CPU with which events are read. So nothing of that can be reached from what `pg` keeps.
 */
import type { QueryResult } from "pg"

export type Callback<A> = (error: Error | null, answer: A) => void

/** Hands `send` the callback for one query. */
export const ask = <A>(send: (callback: Callback<A>) => void): Promise<A> =>
  new Promise((resolve, reject) => send(telling({ resolve, reject })))

interface Waiting<A> {
  readonly resolve: (answer: A) => void
  readonly reject: (error: Error) => void
}

/** Lets go of who waits once it was called. Made out here, where it reaches no more than that. */
const telling = <A>(waits: Waiting<A>): Callback<A> => {
  const waiting = [waits]
  return (error, answer) => {
    const known = waiting.pop()
    if (error === null) known?.resolve(answer)
    else known?.reject(error)
  }
}

/** The rows of a statement's answer, which are then nobody else's, and neither are its values. */
export const askForRows = async <Row extends object>(
  send: (values: Array<unknown>, callback: Callback<QueryResult<Row>>) => void,
  values: ReadonlyArray<unknown> = [],
): Promise<ReadonlyArray<Row>> => {
  const given = [...values]
  try {
    const result = await ask<QueryResult<Row>>((callback) => send(given, callback))
    const { rows } = result
    result.rows = []
    return rows
  } finally {
    given.length = 0
  }
}
