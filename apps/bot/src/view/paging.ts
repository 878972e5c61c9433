/** A part of a list, as many as one message shows. */

export interface Page<A> {
  readonly shown: ReadonlyArray<A>
  /** From 1. */
  readonly number: number
  readonly of: number
  /** Where the page before and the one after begin. */
  readonly previous: number | undefined
  readonly next: number | undefined
}

/** The page that has the item at `offset`; the last one when there are not so many. */
export const pageOf = <A>(all: ReadonlyArray<A>, offset: number, size: number): Page<A> => {
  const of = Math.max(1, Math.ceil(all.length / size))
  const index = Math.min(Math.floor(offset / size), of - 1)
  return {
    shown: all.slice(index * size, (index + 1) * size),
    number: index + 1,
    of,
    previous: index === 0 ? undefined : (index - 1) * size,
    next: index + 1 === of ? undefined : (index + 1) * size,
  }
}
