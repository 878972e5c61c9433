/** Reasons and ways that are chosen by a button: what gets into the log, in English whoever chose it, as all of the log is. */
import type { Act } from "./Act.ts"

/** The codes stand in buttons: only ever added. */
export const reasons = {
  asked: "The customer asked for it",
  agreed: "Agreed with the customer",
  twice: "It was paid twice",
  other: "It was meant for something else",
  provider: "As the provider says",
  undelivered: "It cannot be delivered",
  mended: "What stood in the way is removed",
  byhand: "Delivered by hand",
  mistake: "It was asked for by mistake",
  back: "The money came back",
  unsent: "It was not sent",
  sent: "Sent as it was asked for",
  wrong: "It is not right as it stands",
} as const

export type Reason = keyof typeof reasons

/** Approving is one press, by a person who was shown all of it. */
export const approval = "Read and approved in the bot"

/** The reasons that fit, the likeliest first. */
export const reasonsFor = (act: Act["_tag"]): ReadonlyArray<Reason> => {
  switch (act) {
    case "Accept":
      return ["agreed", "asked", "provider"]
    case "Dismiss":
      return ["provider", "twice"]
    case "Refund":
      return ["asked", "twice", "other", "undelivered"]
    case "Hold":
    case "Release":
    case "Assign":
      return ["other", "agreed", "provider"]
    case "VoidRefund":
      return ["back", "provider"]
    case "Retry":
      return ["mended"]
    case "Delivered":
      return ["byhand"]
    case "Withdraw":
      return ["mistake", "agreed"]
    case "Decline":
      return ["wrong", "mistake"]
    case "Sent":
      return ["sent"]
  }
}

/** How a refund is made. */
export const ways = {
  wallet: "transfer in Wallet",
  bank: "bank transfer",
  chain: "on-chain transfer",
} as const

export type Way = keyof typeof ways

/** In the order in which they are offered. */
export const wayNames: ReadonlyArray<Way> = ["wallet", "bank", "chain"]
