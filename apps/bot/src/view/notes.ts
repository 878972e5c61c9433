/** Why a customer sees something else than they asked for. */
export const notes = ["NotSold", "NoSuchOrder", "NothingPaid", "NotOurLink"] as const
export type Note = (typeof notes)[number]
