/** What a check of the log finds: something that is not as it was recorded, as it was signed, or as it was made. */
import { plain } from "@paylog/payments/plain"

export type Kind =
  /** A stored column is not what was sealed. */
  | "Changed"
  /** Positions that no event has. */
  | "Missing"
  /** An event at a position that the log does not have. */
  | "Outside"
  /** A stream's versions are not 1, 2, 3 …, times run backwards, or one is none that the log makes. */
  | "Disorder"
  /** A stored tile or entry is not what the events make. */
  | "Tree"
  /** A checkpoint is not of this log, or its signature does not hold. */
  | "Checkpoint"
  /** A kept delivery is gone, or is not the bytes that its event names. */
  | "Attachment"
  /** A payment's delivery does not verify, or does not tell of that payment. */
  | "Evidence"
  /** A table, constraint, trigger, function or grant is not as the migrations make it. */
  | "Catalog"

export interface Finding {
  readonly kind: Kind
  /** Where in the log; a range when `to` is there. */
  readonly position?: bigint
  readonly to?: bigint
  /** The stored column; absent when it cannot be told. */
  readonly column?: string
  /** A line for a person, which says what was expected and what was found. */
  readonly detail: string
}

/** Listed at most; all are counted. */
export const listed = 1000

/** Collects findings in the order in which they come up. */
export class Findings {
  readonly list: Array<Finding> = []
  count = 0

  add(finding: Finding): void {
    this.count++
    if (this.list.length < listed) this.list.push(finding)
  }
}

/** "Position 12, column data: …". */
export const line = ({ kind, position, to, column, detail }: Finding): string => {
  const where =
    position === undefined
      ? kind
      : to === undefined || to === position
        ? `Position ${position}`
        : `Positions ${position} to ${to}`
  return `${where}${column === undefined ? "" : `, column ${column}`}: ${plain(detail)}`
}
