import { disposition, held, status } from "@paylog/payments/sentences"
import { html, lines, type Html } from "../../view/html.ts"
import { counted } from "../language.ts"

const count = counted("en")

/** All that the bot says to the staff, in English. What stands in the log, its events and reasons, is English in every language. */
export const en = {
  home: (name: string, mayDecide: boolean): Html =>
    lines(
      html`You are linked, ${name}. This is what you can do here:`,
      "/stats — invoices and money of the last 30 days",
      "/invoice NUMBER — one invoice with its history",
      "/open — what needs a person",
      mayDecide
        ? "You decide about money, and you are told here of what needs you."
        : "You may look, and decide nothing.",
    ),

  stats: {
    title: "Numbers",
    periods: ["Today (UTC)", "7 days", "30 days"] as ReadonlyArray<string>,
    issued: (issued: number, converted: string) =>
      `${count({ one: "invoice", other: "invoices" })(issued)}, ${converted} of them paid`,
    paid: (paid: number, amounts: string) =>
      `${count({ one: "payment", other: "payments" })(paid)}${amounts === "" ? "" : `: ${amounts}`}`,
    open: "Needs a person",
    parked: (streams: number, updates: number, messages: number) =>
      `Set aside: streams ${streams}, updates ${updates}, messages ${messages}`,
  },

  open: {
    title: "What needs a person",
    none: "Nothing is open.",
    page: (from: number, to: number) => `${from} to ${to}, the oldest first. Tap a number to see one.`,
  },

  kinds: {
    Held: "Held money",
    Contradiction: "A contradictory statement",
    Unmatched: "Money of no invoice",
    Quarantined: "A delivery that is not understood",
    Refund: "A refund to make",
    Proposal: "A proposal to approve",
    Undelivered: "Paid and not delivered",
  },

  item: {
    since: (time: string) => `Since ${time} UTC`,
    settled: "This is settled: nothing is to be done about it any more.",
    quarantined: "Retry it with newer code: paylog quarantine show and retry.",
    unmatchedNext: "Assign it to an invoice, with a second person, or give it back.",
    invoice: (id: string) => html`Invoice <code>${id}</code>`,
    stream: (stream: string) => html`In <code>${stream}</code>`,
  },

  status,
  disposition,
  /** Why money is held, and what can be done: as the command line says it. */
  held,
  /** The reasons that this shop's delivery has; another one shows its code. */
  undelivered: {
    ByHand: "No message delivers it: send it, then say that you have.",
    TooLong: "It is more than one message takes: send it by hand, then say that you have.",
    NotInCatalogue: "The catalogue has no such product any more: deliver it by hand, or give the money back.",
    CustomerErased: "The customer's details were erased: give the money back.",
    CustomerBlocksBot:
      "The customer has blocked the bot. The message goes out by itself when they come back, unless you give the money back.",
    TelegramRefuses: "Telegram refuses the message. Once the cause is removed: Deliver again.",
    MayHaveArrived: "Telegram's answer was lost twice, so the message may have arrived. Ask the customer.",
  } as Readonly<Record<string, string>>,

  invoice: {
    customer: (id: string) => html`Customer <code>${id}</code>`,
    order: (number: string) => html`Order <code>${number}</code>`,
    payments: "Payments",
    history: "History (UTC)",
    earlier: count({
      one: "earlier event is left out: paylog timeline",
      other: "earlier events are left out: paylog timeline",
    }),
    nothing: "Nothing is to be decided about it.",
    why: (reason: string) => `“${reason}”`,
  },

  request: {
    title: { Refund: "A refund waits for a second person", Proposal: "A proposal waits for a second person" },
    over: {
      Refund: {
        Done: "The refund was sent",
        Declined: "The refund was declined",
        TakenBack: "The refund was taken back",
        Expired: "The refund has expired",
      },
      Proposal: {
        Done: "The proposal was approved",
        Declined: "The proposal was declined",
        TakenBack: "The proposal was taken back",
        Expired: "The proposal has expired",
      },
    },
    by: (over: string, name: string) => `${over} by ${name}`,
    askedBy: (name: string, id: string) => html`Asked for by ${name} (<code>${id}</code>)`,
    customer: (id: string) => html`Customer <code>${id}</code>`,
    digest: (digest: string) => html`Digest <code>${digest}</code>`,
    own: "You asked for it: another person has to approve it.",
    refundNext:
      "Press that you send it, and it is yours: nobody else sends it then. Send the money, and say how. Decline it, and it is withdrawn.",
    sentBy: (name: string) => `${name} sends this refund`,
    taken: (name: string) =>
      `${name} sends it. Nobody else does, and nobody withdraws it, until ${name} says that it was not sent.`,
    yours: "You send it, and nobody else does. Once you have, say how; if you have not, say that.",
    proposalNext: "Approving carries it out at once. Nobody can approve anything but this text.",
    state: {
      Open: "",
      Done: "It is done.",
      Withdrawn: "It was withdrawn: nothing was sent.",
      Declined: "Nothing has changed, and nobody can approve it any more. Propose it anew if it is needed after all.",
      Expired: "It has expired, and nobody can approve it any more. Propose it anew.",
    },
    look: "An owner approves it or declines it.",
    declined: (name: string) => html`<b>${name} did not approve this.</b> Nothing has changed.`,
  },

  acts: {
    Accept: "Accept the payment as the invoice's",
    Dismiss: "Dismiss the statement: it is no money of its own",
    Refund: "Ask for the money to go back. Another person sends it",
    Hold: "Propose that the payment does not pay the invoice",
    Release: "Propose that the payment is not this invoice's",
    VoidRefund: "Propose that the refund came back or never went",
    Assign: "Propose that the money is an invoice's",
    Retry: "Have it delivered once more",
    Delivered: "Say that you have delivered it by hand",
    Withdraw: "Withdraw the refund: nothing is sent",
    Decline: "Decline the proposal: nothing changes, and nobody can approve it any more",
    Sent: "Say that you have sent the money back",
  },

  ask: {
    about: (stream: string, payment: string) => html`<code>${stream}</code>${payment}`,
    payment: (n: number) => `, payment ${n}`,
    amount: (amount: string) => html`<b>${amount}</b>`,
    Way: "How did you send it?",
    Reference:
      "Write how it can be found again, as your next message: a transfer's own id, a parcel's number. No name, no account, no address.",
    Confirmation: (reference: string) =>
      lines(
        html`Record <b>${reference}</b> as how it can be found again?`,
        "It stays in the log for ever. If that is not it, write it anew.",
      ),
    Invoice: "Write the invoice's number as your next message.",
    Reason:
      "Why? Choose, or write it as your next message, in one line. It stays in the log for ever: no names, no account numbers.",
  },

  reasons: {
    asked: "The customer asked for it",
    agreed: "Agreed with the customer",
    twice: "It was paid twice",
    other: "Meant for something else",
    provider: "As the provider says",
    undelivered: "It cannot be delivered",
    mended: "The cause is removed",
    byhand: "Delivered by hand",
    mistake: "Asked for by mistake",
    back: "The money came back",
    unsent: "It was not sent",
    sent: "Sent as it was asked for",
    wrong: "It is not right as it stands",
  },

  ways: { wallet: "Transfer in Wallet", bank: "Bank transfer", chain: "On-chain transfer" },

  notes: {
    WhichInvoice: "Which one? /invoice and the number as the customer sees it, or the invoice's id.",
    NoInvoice: "There is no such invoice.",
    SeveralInvoices: "Several invoices have this number: give the invoice's id.",
    NotText: "That has to be 1 to 255 characters in one line. Please write it again.",
    Refused: "It was not done:",
    Dropped: "Nothing was done.",
    Settled:
      "This is over: it was done, dropped or overtaken by something else. Begin again if it is still to be done.",
  },

  alarms: {
    Ledger: "A payment does not add up",
    Conflict: "The provider knows an order's id with other fields: it was used twice",
    Stream: "A stream is parked: a follower cannot apply its events",
    Update: "An update of the bot is parked: handling it kept failing",
    Message: "A message is set aside: Telegram will not take it",
    LateOrders: "Orders wait for the provider for more than 10 minutes",
    LateGoods: "What was paid for is not delivered after 10 minutes",
  },
  alarmsNext: {
    Ledger: "paylog ledger says which; ask the provider for the right numbers.",
    Conflict: "The provider's list decides by itself. If it does not: paylog explain with the invoice's id.",
    Stream: "paylog followers says why; paylog unpark tries it again, once that is mended.",
    Update:
      "The log of the bot and bot.updates.last_error say why; paylog unpark updates tries it again, once that is mended.",
    Message: "payments.deliveries.parked_reason says why; paylog unpark messages sends it, once that is mended.",
    LateOrders: "Is the provider out of reach, or the ingester not running? Customers wait for their button to pay.",
    LateGoods: "Is the bot's worker running, and what delivers? paylog fulfil list.",
  },
  alarmOver: "This is over.",
  alarmCount: (n: string) => `How many: ${n}`,
  many: count({ one: "thing needs a person", other: "things need a person" }),

  buttons: {
    accept: (n: number) => `Accept payment ${n}`,
    refund: (n: number) => `Give back payment ${n}`,
    dismiss: (n: number) => `Dismiss statement ${n}`,
    hold: (n: number) => `Payment ${n} does not pay`,
    release: (n: number) => `Payment ${n} is another's`,
    voidRefund: "The refund came back",
    assign: "Assign to an invoice",
    withdraw: "Withdraw the refund",
    retry: "Deliver again",
    delivered: "I have delivered it",
    approve: "✅ Approve",
    sent: "✅ I send it",
    haveSent: "✅ I have sent it",
    notSent: "I did not send it",
    record: "✅ Record it",
    decline: "✖️ Decline",
    takeBack: "Take it back",
    drop: "Do nothing",
    invoice: "The invoice",
    see: "See what can be done",
    stats: "Numbers",
    open: "What is open",
    newer: "◀ Back",
    older: "More ▶",
  },

  /** At most 200 characters each. */
  toasts: {
    mayOnlyLook: "You may look, and decide nothing.",
    changed: "This button is of another text than what there is now. Read it again.",
    gone: "There is nothing of the kind any more.",
    over: "This is over. Begin again if it is still to be done.",
    done: "Done.",
    dropped: "Nothing was done.",
    notSent: "It was not sent. It waits for somebody to send it.",
    inPrivate: "It is in your own chat with the bot.",
    notYours: "These buttons are for the shop's staff. If you are one of them, ask an owner for your link to the bot.",
    byHand: "The amount cannot be read: record it with paylog refund record.",
  },
}

/** What every language must have: the compiler finds what is missing or too much. */
export type Words = typeof en
