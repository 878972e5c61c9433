/**
 * How old stored events become new ones. What was stored is never rewritten: it is read through these.
 *
 * The schema version of an event type is 1 and one more for each of its upcasters. So to change what is stored of an event,
 * change its schema in the domain and add one line here; `docs/extend.md` has the whole list.
 */

/** An event's stored data, parsed: its fields by name, without the tag. */
export type Fields = Record<string, unknown>

/** By event type: how version 1 becomes version 2, then how version 2 becomes 3, and so on. Pure, and never changed later. */
export type Upcasters = Readonly<Record<string, ReadonlyArray<(fields: Readonly<Fields>) => Fields>>>

/** Those of every event that has more than one version. An event type that is not here is at version 1. */
export const all: Upcasters = {
  // InvoiceCancelled: [(version1) => ({ ...version1, by: "Customer" })],
}

/** The newest schema version of an event type. */
export const versionOf = (type: string, upcasters: Upcasters): number => stepsOf(type, upcasters).length + 1

/** The fields of `version` as those of the newest one. */
export const upcast = (fields: Fields, type: string, version: number, upcasters: Upcasters): Fields =>
  stepsOf(type, upcasters)
    .slice(version - 1)
    .reduce((older, step) => step(older), fields)

const stepsOf = (type: string, upcasters: Upcasters) => (Object.hasOwn(upcasters, type) ? (upcasters[type] ?? []) : [])
